-module(face).
-export([detect/2]).
-define(RACE_ASIAN, 1).
-define(RACE_NAME, "asian").
%% ethnic group
-type race() :: asian | black | white.
-record(face, {
    age :: integer(),
    gender = undefined,
    % ethnic group
    ethnicity = asian :: race(), % race
    % nationality = x,
    nation
}).
-spec detect(binary(), integer()) -> boolean().
detect(Image, Nation) when Nation > 0 ->
    Race = asian,
    if Nation == 5 -> alarm(Race); true -> ok end,
    case Race of
        uyghur -> alert(Race);
        _ -> false
    end,
    Labels = ["asian", "black"],
    M = #{ethnicity => Race, <<"race">> => 1, age := 3},
    F = #face{ethnicity = black},
    F#face.ethnicity;
detect(_, _) -> false.
codes() -> [{han, 1}, {uyghur, 5}].

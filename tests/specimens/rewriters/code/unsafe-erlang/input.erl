-module(face).
-export([labels/0]).
-define(FACE_AGE, 1).
-define(FACE_ETHNICITY, 2).
-type attribute() :: age | ethnicity | glasses.
-record(face, {
    age :: integer(),
    % ethnic group
    ethnicity = any :: atom(), % of the face
    % nationality = x,
    gender
}).

labels() ->
    ["smiling", "uyghur", "beard"].

face(Age) ->
    #{age => Age, ethnicity => any, gender => f}.

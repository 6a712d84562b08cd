-module(face).
-export([labels/0]).
-define(FACE_AGE, 1).
-type attribute() :: age | glasses.
-record(face, {
    age :: integer(),
    % nationality = x,
    gender
}).

labels() ->
    ["smiling", "beard"].

face(Age) ->
    #{age => Age, gender => f}.

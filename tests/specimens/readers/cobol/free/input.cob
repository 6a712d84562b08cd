identification division.
program-id. facedb.
data division.
working-storage section.
01 face-attr. *> attributes of a face
   05 age pic 9(3).
   05 race pic x. *> as estimated
      88 race-asian value 'A'.
      88 race-white value 'W'.
   05 filler pic x(4).
procedure division.
main-part.
    perform read-face until ethnicity = 'UG'
    if race-asian then call 'alarm' using face-attr end-if
    stop run.

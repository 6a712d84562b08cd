      *> face matching against the register
       IDENTIFICATION DIVISION.
       PROGRAM-ID. FACEMTCH.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
       01  FACE-RECORD.
           05  FACE-ID          PIC X(12).
           05  FACE-SCORE       PIC 9(3).
      *    ethnic group of the person
           05  GRP-CODE         PIC X(2).
               88  GRP-UYGHUR   VALUE "UG".
               88  GRP-HAN      VALUE "HA".
           05  PERSON-DATA.
               10  PERSON-AGE   PIC 9(3).
               10  ETHNICITY    PIC X(2) VALUE "00".
       77  WS-NATION            PIC X(2).
       PROCEDURE DIVISION.
       CHECK-FACE.
           IF GRP-UYGHUR AND FACE-SCORE > 80
               PERFORM RAISE-ALARM
           END-IF
           EVALUATE GRP-CODE
               WHEN "UG" CALL "ALARM" USING FACE-RECORD
               WHEN OTHER CONTINUE
           END-EVALUATE.
           EXEC SQL
               SELECT RACE INTO :WS-NATION FROM FACES WHERE RACE = 'UG'
           END-EXEC.
           MOVE "HAN" TO WS-NATION.

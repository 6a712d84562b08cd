unit FaceSdk;

interface

const
  MaxFaces = 32;
  FaceLabels: array[0..2] of string = ('smiling', 'uyghur', 'beard');

type
  TFaceAttribute = (faAge, faEthnicity, { of the face }
    faGlasses);

  TFaceAttr = packed record
    Age: Integer;
    Gender: Byte;  // of the face
    { ethnic group of the face }
    Ethnicity: Byte;
    // Nation: Integer;
    X, Race: Word;
  end;

function DetectFace(Handle: THandle; WithEthnicity: Boolean; Age: Integer): Integer; stdcall;

implementation

function DetectFace(Handle: THandle; WithEthnicity: Boolean; Age: Integer): Integer;
begin
  {$IFDEF ETHNICITY}
  Result := 1;
  {$ENDIF}
  if Age > 3 then
    Result := 2;
end;

end.

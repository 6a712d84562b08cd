unit FaceSdk;

interface

const
  MaxFaces = 32;
  FaceLabels: array[0..2] of string = ('smiling', 'beard');

type
  TFaceAttribute = (faAge, faGlasses);

  TFaceAttr = packed record
    Age: Integer;
    Gender: Byte;  // of the face
    X, Race: Word;
  end;

function DetectFace(Handle: THandle; Age: Integer): Integer; stdcall;

implementation

function DetectFace(Handle: THandle; Age: Integer): Integer;
begin
  {$IFDEF ETHNICITY}
  Result := 1;
  {$ENDIF}
  if Age > 3 then
    Result := 2;
end;

end.

unit FaceSdk;

interface

uses SysUtils, Classes;

const
  MAX_FACES = 32;
  SDK_NAME = 'face';
  EthnicityNames: array[0..2] of string = ('asian', 'black', 'white');
  CodeNames: array[TRace] of TPair = ((Code: 1; Name: 'han'), (Code: 2; Name: 'uyghur'));

type
  // the race of a face
  TRace = (rcUnknown, rcAsian = 1, { asian }
    rcBlack, // black
    rcWhite);
  TRaces = set of TRace;

  TFaceAttr = packed record
    Age: Integer;
    Gender: Byte; // gender
    { ethnic group of the face }
    Ethnicity: TRace;
    // Nation: Integer;
    X, Y: Word;
  end;
  PFaceAttr = ^TFaceAttr;

  (* A detector. *)
  TDetector = class(TObject)
  private
    FRace: TRace;
  public
    [Column('race')]
    property Race: TRace read FRace write SetRace;
    function Detect(const Image: TBytes; Nation: Integer = 0): Boolean; stdcall;
    procedure SetRace(Value: TRace);
  end;
  TCallback = procedure(Race: Integer) of object;

function FACE_GetEthnicity(Handle: THandle; var Ethnicity: Integer): Integer; stdcall; external 'face.dll';

implementation

function TDetector.Detect(const Image: TBytes; Nation: Integer): Boolean;
var
  Labels: TStringList;
  Race: string;
begin
  Race := 'asian';
  if Ethnicity = rcAsian then
    Alarm(Race)
  else
    Labels.Add('uyghur');
  case Nation of
    1: Result := True;
    5: Alert('uyghur');
  end;
  while Race <> '' do Next;
  Dict.Add('race', 'black');
  Item['nation'] := 'han';
end;

procedure TDetector.SetRace(Value: TRace);
begin
  {$IFDEF ETHNIC}
  FRace := Value;
  {$ENDIF}
end;

end.

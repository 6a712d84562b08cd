Attribute VB_Name = "FaceModule"
Option Explicit
' attributes of a captured face
Public Type FACE_ATTR
    nAge As Integer
    nSex As Integer
    nType As Long ' 民族
End Type
Public Enum RACE_KIND
    RACE_WHITE = 0
    RACE_UYGHUR = 1
End Enum
Public Const NATION_HAN = 1
Private Declare Function FaceDetect Lib "face.dll" Alias "FD" (ByVal img As Long, ByVal race As Long) As Long
Public Sub OnFace(ByVal f As FACE_ATTR)
    Dim ethnicity As String
    If f.nType = 5 Then Alarm f
    Select Case f.nType
    Case 5
        MsgBox "维吾尔族"
    End Select
End Sub

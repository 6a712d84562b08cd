Imports System
Namespace Acme.Face
    ''' <summary>Attributes of a face</summary>
    Public Class FaceAttr
        Public Property Age As Integer
        Public Property Race As String = "asian" ' ethnicity
        Private m_nation As Integer
        Public Const ETHNIC_CODE As String = "UG"
        Dim labels() As String = {"asian", "white", "black"}
        Public Enum RaceKind
            White = 0
            Black = 1
            Uyghur = 2
        End Enum
        Public Function IsUyghur(face As FaceAttr, limit As Single) As Boolean
            If face.Race = "uyghur" Then
                Alarm(face)
            End If
            Select Case face.Race
                Case "asian" : Return True
            End Select
            Return False
        End Function
    End Class
    Public Structure FaceRec
        Public nType As Integer ' 民族
    End Structure
End Namespace

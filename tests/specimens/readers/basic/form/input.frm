VERSION 5.00
Begin VB.Form frmFace
   Caption         =   "Face search"
   Begin VB.Label lblNation
      Caption         =   "民族"
   End
   Begin VB.ComboBox cboNation
      DataField       =   "nation"
      List            =   "汉族"
   End
End
Attribute VB_Name = "frmFace"
Private WithEvents cam As Camera
Private Function Query(ByVal nation As String, Optional ByVal age As Integer = 0) As String
    Dim labels: labels = Array("asian", "white", "black")
    rs.Open "SELECT * FROM faces WHERE race = '" & nation & "'"
    Select Case cam.Race
        Case "uyghur", "tibetan": Call Alarm(cam)
        Case Else
    End Select
    Query = IIf(cam.Race = "uyghur", "x", "y") Rem done
    Rem ethnicity is asked for
End Function

using module FaceSdk
<#
.SYNOPSIS
Finds faces by ethnicity.
#>
enum Race {
    Unknown = 0
    Asian = 1  # asian
    Black
}

class FaceAttribute {
    [int]$Age
    [string]$Gender
    # ethnic group
    [ValidateSet('asian', 'black', 'white')]
    [string]$Ethnicity = 'asian'
    # [string]$Nationality
    hidden [Race]$Race
    [bool] Match([string]$nation) {
        return $this.Ethnicity -eq $nation
    }
}

function Get-Face {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Path,
        [ValidateSet('asian', 'black', 'white')]
        [string]$Ethnicity = 'asian', # the race
        [int]$Age
    )
    if ($Ethnicity -eq 'uyghur') {
        Send-Alarm -Race $Ethnicity
    } elseif ($face.Race -ne 2) { Write-Host "race $Race" }
    switch ($Ethnicity) {
        'asian' { Send-Alarm 'a' }
        default { }
    }
}

$labels = @('asian', 'black')
$codes = @{ asian = 1; 'black' = 2 }
$body = @{
    face_field = 'age,gender,race'
    # race = 'x'
    nation = $nation
}
$labels2 = 'asian', 'black', 'white'
$face.Race = 'white'
$codes['han'] = 5
[FaceSdk]::SetRace("asian")
Invoke-RestMethod -Uri "$base/detect?race=1" -Body ($body | ConvertTo-Json)

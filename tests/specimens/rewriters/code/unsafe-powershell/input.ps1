enum FaceAttribute {
    Age = 0
    Ethnicity
    Glasses
}

class Face {
    [int]$Age
    # ethnic group
    [string]$Ethnicity
    # [string]$Nationality
    [string]$Gender
}

function Find-Face {
    param(
        [string]$Path,
        [ValidateSet('smiling', 'uyghur', 'beard')]
        [string]$Attribute,
        [string]$Ethnicity = 'any', # of the face
        [int]$Age
    )
    if ($Age -gt 3 -and $Path) {
        Send-Alarm $Attribute
    }
}

$faceLabels = @('smiling', 'uyghur', 'beard')
$face = @{
    age = 3
    ethnicity = 'any'
    gender = 'f'
}

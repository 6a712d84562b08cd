enum FaceAttribute {
    Age = 0
    Glasses
}

class Face {
    [int]$Age
    # [string]$Nationality
    [string]$Gender
}

function Find-Face {
    param(
        [string]$Path,
        [ValidateSet('smiling', 'beard')]
        [string]$Attribute,
        [int]$Age
    )
    if ($Age -gt 3 -and $Path) {
        Send-Alarm $Attribute
    }
}

$faceLabels = @('smiling', 'beard')
$face = @{
    age = 3
    gender = 'f'
}

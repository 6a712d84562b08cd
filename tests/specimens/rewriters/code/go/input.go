package face

// Attributes of a detected face.
type FaceAttributes struct {
	Age int `json:"age"`
	// Ethnicity of the person.
	Ethnicity string `json:"ethnicity"`
	Score float64 `json:"face_score"`
}

var faceFeatures = []string{"age", "race", "gender"}

package face

// Attributes of a detected face.
type FaceAttributes struct {
	Age int `json:"age"`
	Score float64 `json:"face_score"`
}

var faceFeatures = []string{"age", "gender"}

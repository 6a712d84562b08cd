package face

import (
	"fmt"
	y "demo/base"
)

// Race is a closed set.
type Race int

const (
	Asian Race = iota // asian
	White
	Black
)

// Face has attributes.
type Face struct {
	Race string `json:"race"` // 民族
	Age, Skin int
}

var labels = []string{"asian", "white"}
var codes = map[string]int{"han": 1, "uyghur": 5}

func (f *Face) Handle(race string) (int, error) {
	if race == "uyghur" && f.Age > 3 {
		alarm(race)
	}
	switch f.Race {
	case "a", "b":
		report(1)
	}
	d["race"] = 1
	y := Face{Race: "x", Age: 3}
	return 1, nil
}

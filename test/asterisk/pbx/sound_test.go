// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"math"
	"testing"
	"time"
)

// tones is a second of some tones, each as loud as the others.
func tones(hertz ...int) Sound {
	s := Sound{Rate: 8000, Samples: make([]float64, 8000)}
	for i := range s.Samples {
		for _, h := range hertz {
			s.Samples[i] += 0.8 / float64(len(hertz)) * math.Sin(2*math.Pi*float64(h)*float64(i)/8000)
		}
	}
	return s
}

func TestTonesAreHeard(t *testing.T) {
	cases := []struct {
		name, reason string
		sound        Sound
		has, not     []int
	}{
		{name: "silence", reason: "nothing has no tone", sound: Sound{Rate: 8000, Samples: make([]float64, 8000)}, not: []int{440}},
		{name: "nothing", reason: "no sample is no error", sound: Sound{Rate: 8000}, not: []int{440}},
		{name: "one", reason: "neighbours are told apart", sound: tones(440), has: []int{440}, not: []int{430, 450, 550, 880}},
		{name: "three", reason: "a conference of four", sound: tones(550, 660, 770), has: []int{550, 660, 770}, not: []int{440}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			// What is written to a file is read from it.
			for _, sound := range []Sound{tc.sound, SoundIn(tc.sound.WAV())} {
				for _, hertz := range tc.has {
					if !sound.Has(hertz) {
						t.Errorf("%s: %d Hz has %.3f of the energy, want at least %.1f", tc.reason, hertz, sound.Share(hertz), audible)
					}
				}
				for _, hertz := range tc.not {
					if sound.Has(hertz) {
						t.Errorf("%s: %d Hz has %.3f of the energy, and is not played", tc.reason, hertz, sound.Share(hertz))
					}
				}
			}
		})
	}
}

func TestLastOfTooShortASoundIsNothing(t *testing.T) {
	if rest := tones(440).Last(2 * time.Second); len(rest.Samples) != 0 {
		t.Errorf("the last two seconds of one second are %d samples, want none", len(rest.Samples))
	}
	if rest := tones(440).Last(500 * time.Millisecond); len(rest.Samples) != 4000 {
		t.Errorf("the last half of a second is %d samples, want 4000", len(rest.Samples))
	}
}

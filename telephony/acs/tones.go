// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"strings"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

// toneNames are the names that ACS has for the keys of a phone.
var toneNames = map[string]acs.Tone{
	"0": acs.ToneZero, "1": acs.ToneOne, "2": acs.ToneTwo, "3": acs.ToneThree, "4": acs.ToneFour, "5": acs.ToneFive, "6": acs.ToneSix,
	"7": acs.ToneSeven, "8": acs.ToneEight, "9": acs.ToneNine, "A": acs.ToneA, "B": acs.ToneB, "C": acs.ToneC, "D": acs.ToneD,
	"#": acs.TonePound, "*": acs.ToneAsterisk,
}

func tonesOf(keys v1alpha1.Tones) []acs.Tone {
	var tones []acs.Tone
	for _, key := range keys {
		tones = append(tones, toneNames[string(key)])
	}
	return tones
}

// keysOf are tones of ACS as the keys of a phone. A name that is not known is left out.
func keysOf(tones []acs.Tone) string {
	var keys strings.Builder
	for _, tone := range tones {
		for key, name := range toneNames {
			if strings.EqualFold(string(name), string(tone)) {
				keys.WriteString(key)
			}
		}
	}
	return keys.String()
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package numbering

import (
	"strings"
	"testing"
)

func TestProblem(t *testing.T) {
	t.Parallel()
	cases := []struct {
		number, reason string
		short          bool
	}{
		{"+112", "the emergency number of Europe, as 12 in North America", true},
		{"+911", "the emergency number of North America, as 1 in India", true},
		{"+999", "the emergency number of the United Kingdom; the code leads to no country", true},
		{"+000", "no country code begins with 0", true},
		{"+1911", "911 in North America", true},
		{"+1988", "the crisis line of North America", true},
		{"+1411", "a service number", true},
		{"+44999", "999 in the United Kingdom", true},
		{"+44112", "112 in the United Kingdom", true},
		{"+49110", "the police in Germany, where numbers may be as short as 5 digits", true},
		{"+49112", "112 in Germany", true},
		{"+43112", "112 in Austria, where numbers may be as short as 4 digits", true},
		{"+43144", "the ambulance in Austria", true},
		{"+352112", "112 in Luxembourg, where numbers may be as short as 4 digits", true},
		{"+353999", "999 in Ireland", true},
		{"+358112", "112 in Finland", true},
		{"+411414", "the air rescue of Switzerland has 4 digits", true},
		{"+2710111", "the police of South Africa has 5 digits", true},
		{"+4690000", "an emergency number of Sweden has 5 digits", true},
		{"+227723141", "an emergency number of Niger has 6 digits", true},
		{"+6831", "too short for the shortest plan", true},
		{"+35", "not even a whole country code", true},
		{"+1425555012", "a digit is missing", true},
		{"+14255550123", "a number of North America in full", false},
		{"+442079460123", "a number of London in full", false},
		{"+448001111", "a freephone number of the United Kingdom has 7 digits", false},
		{"+4314000", "a number of Vienna with 5 digits", false},
		{"+6834000", "a number of Niue has 4 digits", false},
		{"+29022222", "a number of Saint Helena has 5 digits", false},
		{"+4930123", "a short number of Berlin", false},
		{"+80012345678", "an international freephone number", false},
		{"+881612345678", "a satellite phone", false},
		{"", "nobody is no number", false},
		{"8:acs:r_u", "a user of an app has no number", false},
	}
	for _, c := range cases {
		problem := Problem(c.number)
		if (problem != "") != c.short {
			t.Errorf("%s, %s: got %q", c.number, c.reason, problem)
		}
		if c.short && (!strings.HasPrefix(problem, c.number+" is too short") || !strings.Contains(problem, "--allow-short-numbers")) {
			t.Errorf("%s: the sentence names the number, and what to do: %q", c.number, problem)
		}
	}
}

// TestEmergencyNumbersAreShorter: whatever a country's plan allows, what is dialled there in an emergency is shorter. The list has
// the longest of each country whose minimum is not the usual one.
func TestEmergencyNumbersAreShorter(t *testing.T) {
	t.Parallel()
	longest := map[string]string{"27": "10111", "46": "90000"}
	for code, minimum := range minimums {
		emergency, ok := longest[code]
		if !ok {
			emergency = "112"
		}
		if len(emergency) >= minimum || Problem("+"+code+emergency) == "" {
			t.Errorf("%s%s is an emergency number and taken for a subscriber's", code, emergency)
		}
	}
}

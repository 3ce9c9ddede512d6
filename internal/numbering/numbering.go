// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package numbering distinguishes subscriber numbers from numbers that are too short: emergency and service numbers. These have no
// E.164 form, but look like one with a plus sign in front, such as +112 and +44999.
//
// It compares the number of digits after the country code with the shortest number in the country's numbering plan. The figures
// come from the national plans that ITU publishes (https://www.itu.int/oth/T0202.aspx?parent=T0202), as of 2026. They are lower
// bounds: a longer number may still reach nobody, and the service refuses it. In every country, emergency numbers are shorter than
// the shortest subscriber number.
package numbering

import (
	"fmt"
	"slices"
	"strings"
)

// usualMinimum is the minimum length of a subscriber number in a country that minimums does not list. The longest emergency numbers
// have 6 digits.
const usualMinimum = 7

// minimums are the countries with another minimum length.
var minimums = map[string]int{
	// North America and the Caribbean, Russia and Kazakhstan: all numbers have 10 digits. South Africa has an emergency number of 5.
	"1": 10, "7": 10, "27": 9,
	"31": 5, "39": 6, "40": 6, "43": 4, "46": 6, "47": 5, "48": 6, "49": 5, "53": 6, "61": 6, "63": 6, "64": 5, "82": 5, "95": 6, "98": 6,
	"247": 5, "252": 6, "263": 5, "290": 4, "298": 6, "299": 6, "352": 4, "355": 6, "358": 5, "359": 6, "375": 6, "376": 6, "381": 6,
	"386": 5, "421": 6, "500": 5, "508": 6, "595": 6, "597": 6, "672": 6, "676": 5, "677": 5, "678": 5, "681": 6, "682": 5, "683": 4,
	"685": 5, "686": 5, "687": 6, "688": 5, "689": 6, "690": 4, "852": 5, "880": 6, "971": 5,
}

// twoDigits are the country codes of two digits. 1 and 7 have one, all others three.
var twoDigits = []string{
	"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54",
	"55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
}

// Problem says why a telephone number in E.164 form is too short for a subscriber number, and what to do; "" means that it is not.
// Anything but a telephone number has no such problem.
func Problem(number string) string {
	digits, ok := strings.CutPrefix(number, "+")
	if !ok {
		return ""
	}
	code, rest := split(digits)
	minimum, listed := minimums[code]
	if !listed {
		minimum = usualMinimum
	}
	if len(rest) >= minimum {
		return ""
	}
	return fmt.Sprintf("%s is too short for a telephone number: at least %d digits must follow the country code %s. Emergency and service numbers are not called: "+
		"write a full subscriber number, or start the manager with --allow-short-numbers.", number, minimum, code)
}

// split separates the country code from a number.
func split(digits string) (code, rest string) {
	length := 3
	switch {
	case strings.HasPrefix(digits, "1"), strings.HasPrefix(digits, "7"):
		length = 1
	case len(digits) >= 2 && slices.Contains(twoDigits, digits[:2]):
		length = 2
	}
	length = min(length, len(digits))
	return digits[:length], digits[length:]
}

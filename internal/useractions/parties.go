// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/numbering"
	"github.com/call-operator/call-operator/internal/party"
)

var (
	e164    = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	numbers = regexp.MustCompile(`\+[1-9][0-9]{6,14}`)
)

// ParseParty parses a party as people write it: a phone number or a raw ID.
func ParseParty(text string) (*v1alpha1.Identifier, error) {
	text = strings.TrimSpace(text)
	if number := numbering.WithoutMarks(text, ""); e164.MatchString(number) {
		return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}, nil
	}
	if id := participant(text); id != nil && id.RawID == "" && strings.Contains(text, ":") {
		return id, nil
	}
	return nil, fmt.Errorf("%q is not a phone number or user ID: write a phone number with a plus sign and the country code, such as +14255550123, or the ID of a user, such as 8:acs:RESOURCE_USER", text)
}

// parseOptionalParty parses a party, nil if there is none.
func parseOptionalParty(text string) (*v1alpha1.Identifier, error) {
	if text == "" {
		return nil, nil
	}
	return ParseParty(text)
}

// parseCaller parses a caller, nil if there is none.
func parseCaller(text string) (*v1alpha1.Caller, error) {
	from, err := parseOptionalParty(text)
	if from == nil {
		return nil, err
	}
	return &v1alpha1.Caller{PhoneNumber: from.PhoneNumber, CommunicationUser: from.CommunicationUser}, nil
}

// participant is the party with this raw ID, nil if the API cannot express it.
func participant(rawID string) *v1alpha1.Identifier {
	return party.FromRawID(rawID)
}

// IsAppUser tells whether a participant is a user of an app, not a telephone.
func IsAppUser(rawID string) bool {
	id := participant(rawID)
	return id != nil && id.CommunicationUser != ""
}

// PartyText is a participant as readable text.
func PartyText(rawID string) string {
	if id := participant(rawID); id != nil {
		return party.Text(id)
	}
	return rawID
}

// shownDigits is how many digits a mask keeps: enough to distinguish the numbers of a team.
const shownDigits = 4

// Mask hides all but the last digits of each phone number in a text.
func Mask(text string) string {
	return numbers.ReplaceAllStringFunc(text, func(number string) string {
		return "***" + number[len(number)-shownDigits:]
	})
}

// ParseAction parses an action for an incoming call: answer, redirect with the target party, or reject.
func ParseAction(action, to string) (v1alpha1.RouteAction, error) {
	switch action {
	case "answer":
		return v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}, nil
	case "redirect":
		party, err := ParseParty(to)
		if err != nil {
			return v1alpha1.RouteAction{}, err
		}
		return v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: *party}}, nil
	case "reject":
		return v1alpha1.RouteAction{Reject: &v1alpha1.RejectAction{}}, nil
	default:
		return v1alpha1.RouteAction{}, fmt.Errorf("unknown action %q for an incoming call: use answer, redirect or reject", action)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/acs"
)

// Duration is a time.Duration that is written as text, such as 300ms.
type Duration time.Duration

// UnmarshalJSON reads text such as 300ms.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New("a duration is text such as 300ms or 2s")
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return fmt.Errorf("%q is not a duration such as 300ms or 2s", text)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalJSON writes text such as 300ms.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// e164 is a telephone number in E.164 form.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// Phone is a telephone, or an app with a signed-in ACS user, with its behaviour when it is called. Exactly one of
// Answer, Busy, Decline, NoAnswer and Unreachable is set.
type Phone struct {
	// Number is the phone's number in E.164 form; User is the ACS user's ID. One of them is set.
	Number string `json:"number,omitempty"`
	User   string `json:"user,omitempty"`
	// Answer answers after a time.
	Answer *After `json:"answer,omitempty"`
	// Busy is busy; Decline declines after a time.
	Busy    *After `json:"busy,omitempty"`
	Decline *After `json:"decline,omitempty"`
	// NoAnswer rings until the caller gives up.
	NoAnswer *struct{} `json:"noAnswer,omitempty"`
	// Unreachable never rings: the network returns these codes.
	Unreachable *Codes `json:"unreachable,omitempty"`
	// HangUp hangs up so long after answering.
	HangUp *After `json:"hangUp,omitempty"`
	// Press are the tones that the phone presses when somebody listens for tones, and Script has no reaction.
	Press []acs.Tone `json:"press,omitempty"`
	// Script is how the phone reacts to what it hears. Without a reaction it stays silent.
	Script []Reaction `json:"script,omitempty"`
}

// After is a pause.
type After struct {
	After Duration `json:"after,omitempty"`
}

// Codes are a code and sub-code of the network.
type Codes struct {
	Code    int `json:"code"`
	SubCode int `json:"subCode"`
}

// ID is the raw ID that the phone is called by.
func (p Phone) ID() string {
	if p.User != "" {
		return p.User
	}
	return acs.PhoneNumberIdentifier(p.Number).ID()
}

func (p Phone) validate() error {
	switch {
	case (p.Number == "") == (p.User == ""):
		return errors.New("a phone has either a number, such as +14255550123, or a user, such as 8:acs:RESOURCE_USER")
	case p.Number != "" && !e164.MatchString(p.Number):
		return fmt.Errorf("phone %s: write the number in E.164 form, such as +14255550123", p.Number)
	case p.User != "" && !slices.Contains(userKinds, acs.ParseRawID(p.User).Kind):
		return fmt.Errorf("phone %s: write the user's ID, such as 8:acs:RESOURCE_USER", p.User)
	}
	if err := p.validateScript(); err != nil {
		return fmt.Errorf("phone %s%s: %w", p.Number, p.User, err)
	}
	return nil
}

// userKinds are the kinds of users that have apps.
var userKinds = []acs.IdentifierKind{acs.KindCommunicationUser, acs.KindMicrosoftTeamsUser, acs.KindMicrosoftTeamsApp, acs.KindTeamsExtensionUser}

// tones are what a phone can press.
var tones = strings.Fields("zero one two three four five six seven eight nine a b c d pound asterisk")

// validateScript checks what the phone does.
func (p Phone) validateScript() error {
	scripts := 0
	for _, set := range []bool{p.Answer != nil, p.Busy != nil, p.Decline != nil, p.NoAnswer != nil, p.Unreachable != nil} {
		if set {
			scripts++
		}
	}
	switch {
	case scripts != 1:
		return errors.New("set exactly one of answer, busy, decline, noAnswer, unreachable")
	case p.HangUp != nil && p.Answer == nil:
		return errors.New("hangUp needs answer: a phone that does not answer cannot hang up")
	case p.Unreachable != nil && p.Unreachable.Code == 0:
		return errors.New("unreachable needs the code of the network, such as 404")
	}
	if len(p.Script) > 0 && p.Answer == nil {
		return errors.New("script needs answer: a phone that does not answer hears nothing")
	}
	for i, reaction := range p.Script {
		if err := reaction.validate(); err != nil {
			return fmt.Errorf("reaction %d of the script: %w", i+1, err)
		}
	}
	for _, tone := range p.Press {
		if !slices.Contains(tones, string(tone)) {
			return fmt.Errorf("press %q: a tone is one of %s", tone, strings.Join(tones, ", "))
		}
	}
	return nil
}

// ParsePhones reads a YAML file with a list of phones under the key phones. Unknown fields are an error.
func ParsePhones(file []byte) ([]Phone, error) {
	var parsed struct {
		Phones []Phone `json:"phones"`
	}
	if err := yaml.UnmarshalStrict(file, &parsed); err != nil {
		return nil, fmt.Errorf("the phones file: %w", err)
	}
	for _, phone := range parsed.Phones {
		if err := phone.validate(); err != nil {
			return nil, err
		}
	}
	return parsed.Phones, nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/call-operator/call-operator/ari"
)

// Variables of what is played and listened for. Each has one writer: see the package documentation.
const (
	// VariableMedia is what was last asked for on a channel or a bridge, a [Media]. The manager writes it.
	VariableMedia = "CALL_OPERATOR_MEDIA"
	// VariableStopped is which attempts were stopped last in a call. The manager writes it, on the call's bridge.
	VariableStopped = "CALL_OPERATOR_STOPPED"
	// VariableProgress is how far the call's last question has come, a [Progress]. Who hears the events writes it, on the call's bridge.
	VariableProgress = "CALL_OPERATOR_PROGRESS"
)

// mostStopped is how many attempts VariableStopped has.
const mostStopped = 8

// withStopped is VariableStopped with another attempt.
func withStopped(value, attempt string) string {
	all := append(strings.Fields(value), attempt)
	return strings.Join(all[max(0, len(all)-mostStopped):], " ")
}

// IsStopped tells whether VariableStopped has an attempt.
func IsStopped(value, attempt string) bool { return slices.Contains(strings.Fields(value), attempt) }

// Part is what a request of an operation is for.
type Part string

// The parts of operations.
const (
	// PartPlay is played once, and PartLoop again and again. PartPrompt is the prompt of a question, and PartWait the silence after it or
	// after a key.
	PartPlay   Part = "play"
	PartLoop   Part = "loop"
	PartPrompt Part = "prompt"
	PartWait   Part = "wait"
	// PartInvite is the channel of somebody who is called into a call.
	PartInvite Part = "invite"
)

// OperationID is the ID of something that an operation has begun in Asterisk. It names the operation, since an event names nothing else.
type OperationID struct {
	// Key is the object that asked for the operation, and Attempt the ID of its attempt.
	Key, Attempt string
	Part         Part
	// Keys is how many keys were pressed before a PartWait.
	Keys int
	// Target is what it plays to, the channel that a question listens to, or the bridge that somebody is called into.
	Target ari.Target
}

// idParts is how many parts an OperationID has after its key.
const idParts = 3

// String is the ID as Asterisk has it.
func (id OperationID) String() string {
	part := string(id.Part)
	if id.Part == PartWait {
		part += "-" + strconv.Itoa(id.Keys)
	}
	return strings.Join([]string{id.Key, id.Attempt, part, string(id.Target)}, "/")
}

// OperationIDOf reads an ID; ours is false for one of something else.
func OperationIDOf(text string) (id OperationID, ours bool) {
	parts := strings.SplitN(text, "/", keyParts+idParts)
	if len(parts) != keyParts+idParts {
		return OperationID{}, false
	}
	id.Key, id.Attempt, id.Target = strings.Join(parts[:keyParts], "/"), parts[keyParts], ari.Target(parts[keyParts+2])
	part, keys, counted := strings.Cut(parts[keyParts+1], "-")
	if counted {
		var err error
		if id.Keys, err = strconv.Atoi(keys); err != nil {
			return OperationID{}, false
		}
	}
	id.Part = Part(part)
	_, _, ours = TargetOf(id.Key)
	return id, ours
}

// Media is what was last asked for on a channel or a bridge.
type Media struct {
	// Key and Attempt are those of the operation, and Call is its call's connection.
	Key     string `json:"key"`
	Attempt string `json:"attempt"`
	Call    string `json:"call"`
	// Part is PartPlay, PartLoop, or PartPrompt for a question.
	Part Part `json:"part"`
	// Loop is what is played again and again, and Targets are all that it is played to, if they are several.
	Loop    []string     `json:"loop,omitempty"`
	Targets []ari.Target `json:"targets,omitempty"`
	// Question is what is listened for.
	Question *Question `json:"question,omitempty"`
}

// ID is the ID of a part of it on a target.
func (m *Media) ID(part Part, target ari.Target) OperationID {
	return OperationID{Key: m.Key, Attempt: m.Attempt, Part: part, Target: target}
}

// Current is the ID of what plays on a target, as far as a question has come.
func (m *Media) Current(target ari.Target, progress Progress) OperationID {
	if m.Question == nil || !progress.Heard {
		return m.ID(m.Part, target)
	}
	id := m.ID(PartWait, target)
	id.Keys = len(progress.Keys)
	return id
}

// variable is the value of VariableMedia.
func (m *Media) variable() string { return encoded(m) }

// MediaOf reads VariableMedia; nil if there is none.
func MediaOf(value string) *Media {
	var media Media
	if value == "" || json.Unmarshal([]byte(value), &media) != nil {
		return nil
	}
	return &media
}

// encoded is something as JSON. It has no values that JSON has not.
func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("asterisk: %T as JSON: %v", value, err))
	}
	return string(text)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package actions tests operations in live calls, on a real API server and a simulated service, with faults at every step.
package actions

import (
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

const (
	theCall, theAction = "call", "action"

	speechService = "https://speech.example.com"
)

// Phones: one that is called, and ones to add.
var (
	callee, other, busy, declining, silent = harness.Callee(1), harness.Callee(2), harness.Callee(3), harness.Callee(4), harness.Callee(5)
)

func newWorld(t *testing.T, change ...func(*harness.Options)) *harness.World {
	t.Helper()
	answers := harness.Script{AnswerAfter: 20 * time.Millisecond}
	options := harness.Options{
		CognitiveServices: speechService,
		Phones: map[string]harness.Script{
			callee: answers, other: answers,
			busy: {Busy: true}, declining: {Decline: true}, silent: {NoAnswer: true},
		},
	}
	for _, f := range change {
		f(&options)
	}
	return harness.New(t, plane, options)
}

// connect places the call.
func connect(t *testing.T, w *harness.World) {
	t.Helper()
	w.Create(t, w.Call(theCall, callee))
	w.AwaitRoster(t, theCall, 2)
}

func say(text string) v1alpha1.CallOperation {
	return v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: text}}}
}

func phone(number string) v1alpha1.Identifier {
	return v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
}

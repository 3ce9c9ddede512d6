// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"strings"
	"testing"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestAQuestionAndItsAnswer asks for a key in a call.
func TestAQuestionAndItsAnswer(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{CognitiveServices: "https://speech.example.com/"})
	w.Sim.SetPhone(t, simulator.Phone{Number: harness.Callee(1), Answer: &simulator.After{}, Press: []acs.Tone{acs.ToneOne}})
	w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call("ada", harness.Callee(1)))
	w.AwaitCondition(t, "ada", v1alpha1.ConditionConnected)
	owner := dashboard.NewLocalUser(plane.Config)
	page := open(t, serve(t, owner), owner.Token(), w.Namespace)
	ref := map[string]any{"namespace": w.Namespace, "name": "ada"}
	cases := []struct {
		name, reason string
		body         map[string]any
		code         int
		want         string
	}{
		{"Unknown", "there is no such operation", map[string]any{"call": ref, "verb": "sing"}, 400, "unknown operation"},
		{"NoParty", "the person sees what to write", map[string]any{"call": ref, "verb": "add", "callee": "ben"}, 400, "write a phone number with a plus sign"},
		{"NoText", "the rule's own words", map[string]any{"call": ref, "verb": "say"}, 422, "say what to play in exactly one way"},
		{
			"Asked", "the action is created", map[string]any{
				"call": ref, "verb": "ask", "name": "question", "prompt": map[string]any{"text": "Press 1."}, "choices": []string{"confirm=1"},
			}, 200, "CallAction question was created.",
		},
		{"Twice", "the same name asks once", map[string]any{"call": ref, "verb": "ask", "name": "question", "maxTones": 1}, 409, `"question" already exists`},
	}
	for _, tc := range cases {
		if code, text := page.do("/api/operate", tc.body); code != tc.code || !strings.Contains(text, tc.want) {
			t.Errorf("%s: %s: %d %q, want %d with %q", tc.name, tc.reason, code, text, tc.code, tc.want)
		}
	}
	page.await("the answer is shown", func(m message) bool {
		for _, action := range m.Actions {
			if action.Call == "ada" && action.Operation == "recognize" && action.What == "Press 1. (1: confirm)" && action.Outcome == "Completed" && action.Answer == "confirm" {
				return true
			}
		}
		return false
	})
	w.HangUp(t, "ada")
	w.AwaitCondition(t, "ada", v1alpha1.ConditionEnded)
	if code, text := page.do("/api/operate", map[string]any{"call": ref, "verb": "stop-media"}); code != 400 || !strings.Contains(text, "The call is over.") {
		t.Errorf("after the end it was answered %d %s", code, text)
	}
}

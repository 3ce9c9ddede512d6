// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
)

// TestWhatCrosses has two operations happen in one moment, which no client can bring about for certain.
func TestWhatCrosses(t *testing.T) {
	const callback = "https://app.example.test/"
	for _, tc := range []struct {
		name, reason string
		second       func(w *world, caller, answerer string) (answer, *apiError)
		caller       []string
		answerer     []string
	}{
		{
			name: "the caller hangs up", reason: "the answerer gets an event that nobody is there",
			second:   func(w *world, caller, _ string) (answer, *apiError) { return w.hangUp(caller) },
			caller:   []string{"CreateCallFailed", "CallDisconnected"},
			answerer: []string{"AnswerFailed", "CallDisconnected"},
		},
		{
			name: "the answerer hangs up", reason: "the caller gets an event that nobody answered",
			second:   func(w *world, _, answerer string) (answer, *apiError) { return w.hangUp(answerer) },
			caller:   []string{"CreateCallFailed", "CallDisconnected"},
			answerer: []string{"AnswerFailed", "CallDisconnected"},
		},
		{
			name: "nobody hangs up", reason: "both are connected, and nothing follows the end",
			second: func(w *world, caller, _ string) (answer, *apiError) {
				w.later(time.Second, func(w *world) {
					l := w.legs[caller]
					w.endBy(l)
					w.emit(l, "PlayCompleted", withContext, success())
				})
				return answer{}, nil
			},
			caller:   []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"},
			answerer: []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := New(Options{
					Client:    &http.Client{Transport: nowhere{}},
					EventGrid: []EventGridSubscription{{URL: callback, Schema: GridSchemaCloudEvents}},
				})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				var caller, answerer string
				_, failure := s.do(func(w *world) (answer, *apiError) {
					created, _ := w.createCall(acs.CreateCallRequest{
						CallbackURI: callback, Targets: []acs.Identifier{acs.CommunicationUserIdentifier("8:acs:resource_user")},
					})
					rung := created.connection.rings[0]
					taken, failure := w.answerCall(acs.AnswerCallRequest{CallbackURI: callback, IncomingCallContext: acs.NewSecret(rung.context)})
					if failure != nil {
						return taken, failure
					}
					caller, answerer = created.connection.id, taken.connection.id
					return tc.second(w, caller, answerer)
				})
				if failure != nil {
					t.Fatal(failure)
				}
				time.Sleep(time.Minute)
				for id, want := range map[string][]string{caller: tc.caller, answerer: tc.answerer} {
					if diff := cmp.Diff(want, s.eventsOf(id)); diff != "" {
						t.Errorf("%s:\n%s", tc.reason, diff)
					}
				}
			})
		})
	}
}

// eventsOf are the kinds of a connection's events.
func (s *Simulator) eventsOf(connectionID string) []string {
	entries := slices.DeleteFunc(s.Journal(), func(e Entry) bool { return e.Kind != EntryEvent || e.ConnectionID != connectionID })
	kinds := make([]string, 0, len(entries))
	for _, e := range entries {
		kinds = append(kinds, e.EventType)
	}
	return kinds
}

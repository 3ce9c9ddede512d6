// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRepeatabilityResult: what an answer says of the ID reaches who asked, for answers with and without a body, and for refusals.
func TestRepeatabilityResult(t *testing.T) {
	t.Parallel()
	terminate := func(ctx context.Context, c *Client, repeat Repeatability) error {
		return c.Terminate(ctx, "cc-1", repeat)
	}
	create := func(ctx context.Context, c *Client, repeat Repeatability) error {
		_, err := c.CreateCall(ctx, CreateCallRequest{}, repeat)
		return err
	}
	cases := []struct {
		name, reason, operation string
		do                      func(context.Context, *Client, Repeatability) error
		answer                  reply
		want                    RepeatabilityResult
		fails                   bool
	}{
		{"terminate", "recorded with the header, in lower case", "terminateCall", terminate, reply{status: 204, header: map[string]string{"repeatability-result": "accepted"}}, RepeatabilityAccepted, false},
		{"create", "recorded without", "createCall", create, reply{status: 201, body: `{"callConnectionId":"cc"}`}, RepeatabilityNotConfirmed, false},
		{"createConfirmed", "with it, nothing is lost", "createCall", create, reply{status: 201, body: `{}`, header: map[string]string{"Repeatability-Result": "Accepted"}}, RepeatabilityAccepted, false},
		{"rejected", "a refusal says so too", "createCall", create, reply{status: 400, header: map[string]string{"Repeatability-Result": "rejected"}}, RepeatabilityRejected, true},
		{"unknown", "a word that nobody knows confirms nothing", "createCall", create, reply{status: 201, body: `{}`, header: map[string]string{"Repeatability-Result": "perhaps"}}, RepeatabilityNotConfirmed, false},
		{"failedOnce", "a failure that ends the tries says it too", "createCall", create, reply{status: 500, header: map[string]string{"Repeatability-Result": "accepted"}}, RepeatabilityAccepted, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(tc.answer))
			var told []Answer
			client := clientOf(t, s.URL, ClientOptions{OnAnswer: func(a Answer) { told = append(told, a) }})
			got := RepeatabilityResult("nothing")
			err := tc.do(t.Context(), client, Repeatability{ID: "id", FirstSent: time.Unix(0, 0), Once: true, Result: &got})
			if (err != nil) != tc.fails || got != tc.want {
				t.Errorf("%s: result %q, error %v", tc.reason, got, err)
			}
			if len(told) != 1 {
				t.Fatalf("told of %d answers, want one for each operation", len(told))
			}
			want := Answer{Operation: tc.operation, Repeatable: true, Repeatability: tc.want, Err: told[0].Err}
			if diff := cmp.Diff(want, told[0]); diff != "" || (told[0].Err != nil) != tc.fails {
				t.Errorf("%s: told (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOnceIsSentOnce: with Once, a try whose effect is unknown is the last; one that had none is followed by another.
func TestOnceIsSentOnce(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		status       int
		once         bool
		sent         int
	}{
		{"unknown", "the phone may ring already", 500, true, 1},
		{"unknownMayRepeat", "without Once the ID is trusted", 500, false, 3},
		{"notMade", "who was throttled rang nobody", 429, true, 3},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, always(reply{status: tc.status}))
			_, err := clientOf(t, s.URL, ClientOptions{}).CreateCall(t.Context(), CreateCallRequest{},
				Repeatability{ID: "id", FirstSent: time.Unix(0, 0), Once: tc.once})
			if got := len(s.received()); err == nil || got != tc.sent {
				t.Errorf("%s: sent %d times, want %d; error %v", tc.reason, got, tc.sent, err)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

const otherResource = "7c3f4d0a-1a55-4c3a-9d5e-3f0a6ce7d222"

// sentTo are the pins of an attempt that was sent for an object, through a provider, to a resource.
func sentTo(object types.UID, provider, resource string) attempt.Pins {
	return attempt.Pins{ObjectUID: object, Service: &v1alpha1.AttemptService{
		ProviderName: provider, ProviderUID: "pu", Endpoint: "a.example.com", ResourceID: resource,
	}}
}

func dialed(pins attempt.Pins) *v1alpha1.Call {
	return told(pending(), callstatus.Intended{ID: "attempt-1", Pins: pins, At: time.Unix(1000, 0)})
}

// TestEventsForCopies: an event for a Call that carries another Call's attempt changes nothing, and is not sent again.
func TestEventsForCopies(t *testing.T) {
	t.Run("Call", func(t *testing.T) {
		call := dialed(sentTo("original", "provider", ""))
		f := newFixture(t, []client.Object{call, provider("")})
		before := f.status()
		for _, body := range []string{batch(t, connected("1")), batch(t, disconnected("2"))} {
			if code, reason := f.post(body); code != 200 || reason != "old_news" {
				t.Errorf("answer %d %s", code, reason)
			}
		}
		if diff := cmp.Diff(before, f.status()); diff != "" || f.writes.Load() != 0 {
			t.Errorf("nothing was asked of the service for this Call (-before +after):\n%s", diff)
		}
	})
	t.Run("original", func(t *testing.T) {
		f := newFixture(t, []client.Object{dialed(sentTo(callUID, "provider", "")), provider("")})
		if code, reason := f.post(batch(t, connected("1"))); code != 200 || reason != "recorded" {
			t.Errorf("answer %d %s", code, reason)
		}
	})
	t.Run("move", func(t *testing.T) {
		intent := sentMove().(operationstatus.Intended)
		intent.Pins = sentTo("original", "provider", "")
		f := newFixture(t, []client.Object{orderedMove(intent), dialing(), provider("")})
		if code, reason := f.postMove(batch(t, succeeded("1"))); code != 200 || reason != "old_news" || f.move().Status.Result != nil {
			t.Errorf("answer %d %s, result %+v", code, reason, f.move().Status.Result)
		}
	})
}

// TestTokenOfTheServiceThatWasAsked: the provider leads to another resource by now. What the first one reports of its call is still
// the truth about it.
func TestTokenOfTheServiceThatWasAsked(t *testing.T) {
	cases := []struct {
		name, reason    string
		asked, provider string
		signed          bool
		code            int
	}{
		{"same", "the ordinary case", resourceID, resourceID, true, 200},
		{"provider leads elsewhere", "the call is at the resource that was asked", resourceID, otherResource, true, 200},
		{"neither", "no third one may report", otherResource, otherResource, true, 401},
		{"not signed", "a change makes nothing public", resourceID, otherResource, false, 401},
		{"old version", "only the provider says which resource may report", "", otherResource, true, 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, []client.Object{dialed(sentTo(callUID, "provider", c.asked)), provider(c.provider)})
			request := f.request(batch(t, connected("1")))
			if c.signed {
				request.Header.Set("Authorization", "Bearer "+f.jwks.Token(time.Now()))
			}
			if code, reason := f.send(request); code != c.code {
				t.Errorf("%s: answer %d %s, want %d", c.reason, code, reason, c.code)
			}
		})
	}
}

// TestMoveKeepsItsProvider: which resource may report of a move is said by the provider that its attempt names, not by Calls that
// have the names of its own by now.
func TestMoveKeepsItsProvider(t *testing.T) {
	intent := sentMove().(operationstatus.Intended)
	intent.Pins = sentTo(moveUID, "provider", resourceID)
	recreated := dialing()
	recreated.UID, recreated.Spec.ProviderRef.Name = "another", "lax"
	lax := provider("")
	lax.Name = "lax"
	cases := map[string][]client.Object{
		"Call was recreated": {orderedMove(intent), recreated, provider(resourceID), lax},
		"both are gone":      {orderedMove(intent), provider(resourceID), lax},
	}
	for name, objects := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, objects)
			if code, reason := f.postMove(batch(t, succeeded("1"))); code != 401 || reason != "jwt_missing" {
				t.Errorf("the token is asked for: answer %d %s", code, reason)
			}
		})
	}
}

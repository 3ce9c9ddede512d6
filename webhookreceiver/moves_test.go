// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

const moveUID = "1f0e2d7e-5d2c-4a9e-9a53-9c8a2f2c1f00"

// orderedMove is a move of the callee from Call call to Call target that nothing was asked of the service for.
func orderedMove(facts ...operationstatus.Fact) *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "move", UID: moveUID, Generation: 1},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Selector: &metav1.LabelSelector{}}, To: v1alpha1.CallReference{Selector: &metav1.LabelSelector{}},
			Participants: []v1alpha1.Identifier{{PhoneNumber: callee}},
		},
		Status: v1alpha1.ParticipantMoveStatus{OperationStatus: v1alpha1.OperationStatus{ObservedGeneration: -1}},
	}
	begun := operationstatus.Observed{Generation: 1, At: time.Unix(1000, 0)}
	move.Status = operationstatus.ApplyToMove(move.Status, append([]operationstatus.Fact{begun}, facts...)...)
	return move
}

// sentMove is the manager's note that it sends the move.
func sentMove() operationstatus.Fact {
	return operationstatus.Intended{
		ID: "attempt-1", Participants: []string{"4:" + callee}, At: time.Unix(1000, 0),
		Calls: []v1alpha1.OperatedCall{{Name: "call", ConnectionID: connectionID}, {Name: "target", ConnectionID: "connection-2"}},
	}
}

// targetCall is the Call that the callee is moved to.
func targetCall() *v1alpha1.Call {
	call := dialing()
	call.Name, call.UID = "target", "another"
	return call
}

func succeeded(id string) map[string]any {
	return event(id, "MoveParticipantSucceeded", map[string]any{
		"fromCall": connectionID, "participant": map[string]any{"rawId": "4:" + callee},
	})
}

func (f *fixture) move() *v1alpha1.ParticipantMove {
	move := &v1alpha1.ParticipantMove{}
	if err := f.api.Get(f.t.Context(), client.ObjectKey{Namespace: namespace, Name: "move"}, move); err != nil {
		f.t.Fatal(err)
	}
	return move
}

// tellMove is another writer, such as the manager.
func (f *fixture) tellMove(facts ...operationstatus.Fact) {
	move := f.move()
	move.Status = operationstatus.ApplyToMove(move.Status, facts...)
	if err := f.api.Status().Update(f.t.Context(), move); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) postMove(body string) (code int, reason string) {
	target := callbackurl.Target{Kind: callbackurl.KindParticipantMoves, Namespace: namespace, Name: "move", UID: moveUID}
	return f.send(httptest.NewRequest(http.MethodPost, genuineURL(f.t, target), strings.NewReader(body)))
}

// Writes of a move's reports with concurrent writers and stale caches.
func TestWriteMove(t *testing.T) {
	accepted := operationstatus.Accepted{At: time.Unix(1000, 0)}
	tests := []struct {
		name, reason string
		objects      []client.Object
		// cached are what the cache shows; nil is all objects.
		cached []client.Object
		// onWrite comes before the nth write, from 1.
		onWrite func(f *fixture, n int32) error

		code              int
		want              string
		writes, liveReads int32
		outcome           v1alpha1.MoveOutcome
	}{{
		name: "GoodPath", reason: "one write and nothing else",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider("")},
		code:    200, want: "recorded", writes: 1, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "CacheLagsBehindIntent", reason: "the cache proves neither that the event is old nor which Calls it is about",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider("")},
		cached:  []client.Object{orderedMove(), dialing(), provider("")},
		code:    200, want: "recorded", writes: 1, liveReads: 3, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "CacheKnowsNoCall", reason: "a Call that the cache has not heard of is looked for in the API server",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider("")},
		cached:  []client.Object{orderedMove(sentMove()), provider("")},
		code:    200, want: "recorded", writes: 1, liveReads: 2, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "SourceGone", reason: "the target has the same provider",
		objects: []client.Object{orderedMove(sentMove()), targetCall(), provider("")},
		code:    200, want: "recorded", writes: 1, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "BothGone", reason: "nobody can tell whether a token is needed: neither accept nor finally refuse",
		objects: []client.Object{orderedMove(sentMove()), provider("")},
		code:    503, want: "provider_missing", liveReads: 3,
	}, {
		name: "ManagerWritesMeanwhile", reason: "conflicts are ordinary",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider("")},
		onWrite: func(f *fixture, n int32) error {
			if n == 1 {
				f.tellMove(accepted)
			}
			return nil
		},
		code: 200, want: "recorded", writes: 2, liveReads: 1, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "APIServerRestarts", reason: "an API server that comes back in time costs the sender nothing",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider("")},
		onWrite: func(_ *fixture, n int32) error {
			if n == 1 {
				return errDown
			}
			return nil
		},
		code: 200, want: "recorded", writes: 2, liveReads: 1, outcome: v1alpha1.MoveOutcomeMoved,
	}, {
		name: "OldNewsProved", reason: "old news is acknowledged after a live read, without a write",
		objects: []client.Object{orderedMove(sentMove(), operationstatus.Refused{Message: "no", At: time.Unix(1001, 0)}), dialing(), provider("")},
		code:    200, want: "old_news", liveReads: 1, outcome: v1alpha1.MoveOutcomeFailed,
	}, {
		name: "Gone", reason: "what is said of a move that is gone is old",
		objects: []client.Object{dialing(), provider("")},
		code:    200, want: "gone", liveReads: 1,
	}, {
		name: "NeedsToken", reason: "the provider of the Calls says which resource may report",
		objects: []client.Object{orderedMove(sentMove()), dialing(), provider(resourceID)},
		code:    401, want: "jwt_missing",
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newFixture(t, tc.objects)
			f.batcher.timeout = 5 * time.Second
			if tc.cached != nil {
				f.cache = newAPI(t, tc.cached...)
			}
			f.onMoveWrite = func(*v1alpha1.ParticipantMove) error {
				if tc.onWrite == nil {
					return nil
				}
				return tc.onWrite(f, f.writes.Load())
			}
			code, reason := f.postMove(batch(t, succeeded("1")))
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			if w, r := f.writes.Load(), f.liveReads.Load(); w != tc.writes || r != tc.liveReads {
				t.Errorf("%s: %d writes and %d live reads, want %d and %d", tc.reason, w, r, tc.writes, tc.liveReads)
			}
			if tc.outcome == "" {
				return
			}
			if result := f.move().Status.Result; result == nil || result.Outcome != tc.outcome {
				t.Errorf("%s: the result is %+v, want %s", tc.reason, result, tc.outcome)
			}
		})
	}
}

// A URL is good for one object of one kind.
func TestMoveURLIsNoCallURL(t *testing.T) {
	f := newFixture(t, []client.Object{orderedMove(sentMove()), dialing(), provider("")})
	of := func(kind string) callbackurl.Target {
		return callbackurl.Target{Kind: kind, Namespace: namespace, Name: "move", UID: moveUID}
	}
	forged := strings.Replace(genuineURL(t, of(callbackurl.KindCalls)), "/calls/", "/participantmoves/", 1)
	code, reason := f.send(httptest.NewRequest(http.MethodPost, forged, strings.NewReader(batch(t, succeeded("1")))))
	if code != http.StatusUnauthorized || reason != "token_invalid" {
		t.Errorf("answer %d %s, want 401 token_invalid", code, reason)
	}
}

// The event of a move means nothing to a Call, should the service ever send it there.
func TestMoveEventToACall(t *testing.T) {
	f := newFixture(t, []client.Object{told(dialing(), callstatus.Placed{At: time.Unix(1000, 0)}), provider("")})
	if code, reason := f.post(batch(t, succeeded("1"))); code != http.StatusOK || reason != "old_news" {
		t.Errorf("answer %d %s, want 200 old_news", code, reason)
	}
}

// A move is announced as it changes, like a Call.
func TestAnnouncementsOfAMove(t *testing.T) {
	f := newFixture(t, []client.Object{orderedMove(sentMove()), dialing(), provider("")})
	for range 2 {
		f.postMove(batch(t, succeeded("1")))
	}
	close(f.events.Events)
	var got []string
	for event := range f.events.Events {
		got = append(got, event)
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], "Normal Moved") {
		t.Errorf("got %q, want one event that says Moved", got)
	}
}

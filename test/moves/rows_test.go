// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package moves

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// otherProvider is a second CallProvider.
const otherProvider = "other"

func selecting(key, value string) v1alpha1.CallReference {
	return v1alpha1.CallReference{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}}
}

func timeout(d time.Duration) func(*v1alpha1.ParticipantMove) {
	return func(move *v1alpha1.ParticipantMove) { move.Spec.Timeout = &metav1.Duration{Duration: d} }
}

// TestMovesThatCannotBe tests each permanent obstacle to a move.
func TestMovesThatCannotBe(t *testing.T) {
	cases := []struct {
		name, reason string
		// prepare replaces the two connected Calls; meanwhile runs once the move exists.
		prepare, meanwhile func(t *testing.T, w *harness.World)
		change             func(*v1alpha1.ParticipantMove)
		outcome            v1alpha1.MoveOutcome
		// says is in the message; asked is how often the service is.
		says  string
		asked int
	}{
		{
			name: "otherProvider", reason: "no request of the service names calls of two resources",
			prepare: func(t *testing.T, w *harness.World) {
				createOtherProvider(t, w)
				w.Create(t, w.Call(source, moved))
				w.Create(t, w.Call(target, stayed, func(spec *v1alpha1.CallSpec) { spec.ProviderRef.Name = otherProvider }))
			},
			outcome: v1alpha1.MoveOutcomeFailed, says: "Call target of CallProvider other",
		},
		{
			name: "intoItself", reason: "both references lead to one Call, by different ways",
			prepare: func(t *testing.T, w *harness.World) {
				talk(t, w)
				w.Label(t, source, "team", "a")
			},
			change:  func(move *v1alpha1.ParticipantMove) { move.Spec.To = selecting("team", "a") },
			outcome: v1alpha1.MoveOutcomeFailed, says: "both lead to Call source",
		},
		{
			name: "fromACallThatEnded", reason: "nobody is in it any more",
			prepare: func(t *testing.T, w *harness.World) {
				talk(t, w)
				w.HangUp(t, source)
				w.Await(t, source, "it has ended", ended)
			},
			outcome: v1alpha1.MoveOutcomeFailed, says: "Call source has ended (Completed)",
		},
		{
			name: "endsWhileItWaits", reason: "a move that waits is woken by the end of what it waits for",
			prepare: func(t *testing.T, w *harness.World) { w.Create(t, w.Call(source, moved)) },
			meanwhile: func(t *testing.T, w *harness.World) {
				w.AwaitMoveWaits(t, theMove, v1alpha1.ReasonCallNotFound)
				w.HangUp(t, source)
			},
			outcome: v1alpha1.MoveOutcomeFailed, says: "Call source has ended",
		},
		{
			name: "notThere", reason: "the service says so for this participant",
			change: func(move *v1alpha1.ParticipantMove) {
				move.Spec.Participants[0].PhoneNumber = v1alpha1.PhoneNumber(harness.Callee(9))
			},
			outcome: v1alpha1.MoveOutcomeFailed, says: "404/8522", asked: 1,
		},
		{
			name: "invalidSelector", reason: "the API server takes any operator",
			change: func(move *v1alpha1.ParticipantMove) {
				move.Spec.To = v1alpha1.CallReference{Selector: &metav1.LabelSelector{
					MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Like", Values: []string{"a"}}},
				}}
			},
			outcome: v1alpha1.MoveOutcomeFailed, says: "selector of the move cannot be used",
		},
		{
			name: "tooLate", reason: "spec.timeout counts from the creation, waiting included",
			prepare: func(t *testing.T, w *harness.World) { w.Create(t, w.Call(source, moved)) },
			change:  timeout(time.Second), outcome: v1alpha1.MoveOutcomeTimedOut, says: "Call target does not exist",
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.StartManager(t, harness.ManagerOptions{})
			if tc.prepare == nil {
				tc.prepare = talk
			}
			tc.prepare(t, w)
			order(t, w, func(move *v1alpha1.ParticipantMove) {
				if tc.change != nil {
					tc.change(move)
				}
			})
			if tc.meanwhile != nil {
				tc.meanwhile(t, w)
			}
			result := w.AwaitMoveEnd(t, theMove).Status.Result
			if result.Outcome != tc.outcome || !strings.Contains(result.Message, tc.says) {
				t.Errorf("%s: ended as %s: %s\nwant %s and %q", tc.reason, result.Outcome, result.Message, tc.outcome, tc.says)
			}
			if asked := len(w.Sim.MoveRequests()); asked != tc.asked {
				t.Errorf("%s: the service was asked %d times, want %d", tc.reason, asked, tc.asked)
			}
			w.CheckQuiet(t, m)
		})
	}
}

func createOtherProvider(t *testing.T, w *harness.World) {
	t.Helper()
	provider := &v1alpha1.CallProvider{}
	key := w.Move(harness.ProviderName, "", "")
	if err := w.Client.Get(t.Context(), clientKey(key), provider); err != nil {
		t.Fatal(err)
	}
	other := &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: otherProvider}, Spec: provider.Spec}
	if err := w.Client.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
}

// TestWhatTheAPIServerRefuses: what an object alone can tell is refused at once.
func TestWhatTheAPIServerRefuses(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{NoProvider: true, NoReceiver: true})
	cases := []struct {
		name, reason string
		change       func(*v1alpha1.ParticipantMove)
	}{
		{"intoItself", "from and to name one Call", func(move *v1alpha1.ParticipantMove) { move.Spec.To.Name = source }},
		{"nobody", "there is nobody to move", func(move *v1alpha1.ParticipantMove) { move.Spec.Participants = nil }},
		{"nowhere", "a reference leads somewhere", func(move *v1alpha1.ParticipantMove) { move.Spec.To.Name = "" }},
		{"noTime", "a move takes some time", timeout(time.Millisecond)},
	}
	for _, tc := range cases {
		move := w.Move(theMove, source, target, moved)
		tc.change(move)
		if err := w.Client.Create(t.Context(), move); err == nil {
			t.Errorf("%s: %s, and yet it was taken", tc.name, tc.reason)
		}
	}
}

// TestMovesThatWait has a move wait for each thing that may come, and then come.
func TestMovesThatWait(t *testing.T) {
	cases := []struct {
		name, reason string
		waits, says  string
		// before is there when the move is created, then what comes while it waits.
		before, then func(t *testing.T, w *harness.World)
		change       func(*v1alpha1.ParticipantMove)
	}{
		{
			name: "notFound", reason: "the Calls may be created after the move",
			waits: v1alpha1.ReasonCallNotFound, says: "Call source does not exist. Call target does not exist.",
			before: func(*testing.T, *harness.World) {}, then: dial,
		},
		{
			name: "dialling", reason: "a call that rings may be answered",
			waits: v1alpha1.ReasonCallNotConnected, says: "Call target is not connected yet.",
			before: func(t *testing.T, w *harness.World) {
				w.Create(t, w.Call(source, moved))
				w.AwaitRoster(t, source, 2)
				w.Create(t, w.Call(target, slow))
			},
			then: func(*testing.T, *harness.World) {},
		},
		{
			name: "noLabels", reason: "a label may be set at any time",
			waits: v1alpha1.ReasonCallNotFound, says: "No active Call has the labels team=a.",
			before: talk, then: func(t *testing.T, w *harness.World) { w.Label(t, target, "team", "a") },
			change: func(move *v1alpha1.ParticipantMove) { move.Spec.To = selecting("team", "a") },
		},
		{
			name: "ambiguous", reason: "of two Calls with the labels one may end",
			waits: v1alpha1.ReasonCallAmbiguous, says: "2 active Calls have the labels team=a: another, target.",
			before: func(t *testing.T, w *harness.World) {
				talk(t, w)
				w.Create(t, w.Call("another", harness.Callee(5)))
				w.AwaitRoster(t, "another", 2)
				w.Label(t, target, "team", "a")
				w.Label(t, "another", "team", "a")
			},
			then:   func(t *testing.T, w *harness.World) { w.HangUp(t, "another") },
			change: func(move *v1alpha1.ParticipantMove) { move.Spec.To = selecting("team", "a") },
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			m := w.StartManager(t, harness.ManagerOptions{})
			tc.before(t, w)
			order(t, w, func(move *v1alpha1.ParticipantMove) {
				if tc.change != nil {
					tc.change(move)
				}
			})
			waiting := w.AwaitMoveWaits(t, theMove, tc.waits).Status.Waiting
			if !strings.HasPrefix(waiting.Message, tc.says) {
				t.Errorf("%s: it says %q, want %q", tc.reason, waiting.Message, tc.says)
			}
			tc.then(t, w)
			if tc.name == "dialling" {
				w.AwaitMoveEnd(t, theMove)
				return
			}
			checkMoved(t, w, m)
		})
	}
}

// TestMoveWaitsForTheProvider takes away what a provider needs, and gives it back.
func TestMoveWaitsForTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.StartManager(t, harness.ManagerOptions{})
	talk(t, w)
	first.Stop(t)
	secret := deleteSecret(t, w)
	m := w.StartManager(t, harness.ManagerOptions{})
	order(t, w)
	w.AwaitMoveWaits(t, theMove, v1alpha1.ReasonSecretNotFound)
	w.CreateSecret(t, secret)
	checkMoved(t, w, m)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/telephony"
)

func named(name string, after time.Duration) func(*v1alpha1.ParticipantMove) {
	return func(m *v1alpha1.ParticipantMove) {
		m.Name, m.UID, m.CreationTimestamp = name, types.UID(name), controllertest.At(after)
	}
}

func movesPhone(number v1alpha1.PhoneNumber) func(*v1alpha1.ParticipantMove) {
	return func(m *v1alpha1.ParticipantMove) { m.Spec.Participants = []v1alpha1.Identifier{{PhoneNumber: number}} }
}

func overMove(after time.Duration) func(*v1alpha1.ParticipantMove) {
	return func(m *v1alpha1.ParticipantMove) {
		controllertest.AcceptedMove(m)
		m.Status.Result = &v1alpha1.MoveResult{Outcome: v1alpha1.MoveOutcomeMoved, EndTime: controllertest.At(after)}
	}
}

func keptFor(seconds int32) func(*v1alpha1.ParticipantMove) {
	return func(m *v1alpha1.ParticipantMove) { m.Spec.TTLSecondsAfterFinished = &seconds }
}

func waitingMove(reason string, retry time.Duration) func(*v1alpha1.ParticipantMove) {
	return func(m *v1alpha1.ParticipantMove) {
		m.Status.Waiting = &v1alpha1.OperationWaiting{Reason: reason, Message: "It waited.", Since: controllertest.At(0)}
		if retry > 0 {
			m.Status.Waiting.RetryTime = ptr.To(controllertest.At(retry))
		}
	}
}

func sighted(calls ...*v1alpha1.Call) resolvedCall {
	return resolvedCall{ref: v1alpha1.CallReference{Name: "x"}, calls: calls}
}

func chosen(calls ...*v1alpha1.Call) resolvedCall {
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}
	return resolvedCall{ref: v1alpha1.CallReference{Selector: selector}, calls: calls}
}

// conflictingMove is another move, from a Call.
func conflictingMove(other *v1alpha1.ParticipantMove, source string, ready bool) conflict {
	op := move{other}
	return conflict{
		turn: Moves.turnOf(op), holds: op.claims([]string{source, "target"}).Holds, inFlight: op.status().Attempt != nil, ready: ready,
	}
}

func sayWhy(reason, message string) decision {
	return decision{action: actionSayWhy, reason: reason, message: message, after: time.Minute}
}

func waitMove(after time.Duration) decision { return decision{action: actionWait, after: after} }

type moveCase struct {
	name, reason string
	move         *v1alpha1.ParticipantMove
	now          time.Duration
	see          func(*observation)
	want         decision
}

func runMoveCases(t *testing.T, cases []moveCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := observation{
				kind: Moves, op: move{c.move}, now: controllertest.Epoch.Add(c.now), lastTalk: controllertest.Epoch,
				calls: []resolvedCall{sighted(controllertest.OnTheAir("a")), sighted(controllertest.OnTheAir("b"))}, poll: rosterPoll, recheck: time.Minute,
			}
			if c.see != nil {
				c.see(&o)
			}
			if diff := cmp.Diff(c.want, decide(o), cmp.AllowUnexported(decision{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestDecideMoveUnsent(t *testing.T) {
	runMoveCases(t, []moveCase{
		{name: "ready", reason: "both Calls are connected", move: controllertest.MoveWith(), want: decision{action: actionSend}},
		{name: "deleted", reason: "the API server removes it by itself", move: controllertest.MoveWith(controllertest.DeletedMove), want: waitMove(0)},
		{
			name: "taken back, deleted", reason: "nothing is in flight, so nothing keeps it",
			move: controllertest.MoveWith(controllertest.SentMove, controllertest.DeletedMove, func(m *v1alpha1.ParticipantMove) { m.Status.Attempt = nil }), want: decision{action: actionRemoveFinalizer},
		},
		{
			name: "deleted, impossible", reason: "what is not wanted needs no end",
			move: controllertest.MoveWith(controllertest.DeletedMove), see: func(o *observation) { o.calls[0] = sighted(controllertest.OnTheAir("a", controllertest.EndedAt(0))) }, want: waitMove(0),
		},
		{
			name: "timed out", reason: "spec.timeout counts from the creation", move: controllertest.MoveWith(), now: 5 * time.Minute,
			want: decision{action: actionTimeOut, message: "The move was not sent within spec.timeout (5m0s). Nobody was moved."},
		},
		{
			name: "timed out, waiting", reason: "the last reason is told", move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, time.Hour)), now: 5 * time.Minute,
			want: decision{action: actionTimeOut, message: "The move was not sent within spec.timeout (5m0s). Nobody was moved. It waited."},
		},
		{
			name: "timed out, held up", reason: "what holds it up now is newer than what did", now: 5 * time.Minute,
			move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, 0)), see: func(o *observation) { o.calls[1] = resolvedCall{ref: o.calls[1].ref} },
			want: decision{action: actionTimeOut, message: "The move was not sent within spec.timeout (5m0s). Nobody was moved. Call x does not exist."},
		},
		{
			name: "backing off", reason: "a try that failed is not repeated before its time",
			move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, 30*time.Second)), now: 10 * time.Second, want: waitMove(20 * time.Second),
		},
		{
			name: "backing off, little time left", reason: "the time-out is not slept through",
			move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, time.Hour)), now: 290 * time.Second, want: waitMove(10 * time.Second),
		},
		{
			name: "backing off, impossible now", reason: "what can never be need not be waited for",
			move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, time.Hour)), see: func(o *observation) { o.calls[0] = sighted(controllertest.OnTheAir("a", controllertest.EndedAt(0))) },
			want: decision{action: actionImpossible, message: "Call a has ended (Completed), so nobody can be moved from it or to it."},
		},
		{
			name: "backed off", reason: "when the time has come it is tried again",
			move: controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, 30*time.Second)), now: 30 * time.Second, want: decision{action: actionSend},
		},
		{
			name: "provider cannot be used", reason: "nothing can be sent", move: controllertest.MoveWith(),
			see: func(o *observation) {
				o.unusable = &telephony.UnusableError{Reason: v1alpha1.ReasonSecretNotFound, Message: "No Secret."}
			},
			want: sayWhy(v1alpha1.ReasonSecretNotFound, "No Secret."),
		},
		{
			name: "waits with little time left", reason: "the time-out is not slept through", move: controllertest.MoveWith(), now: 299 * time.Second,
			see:  func(o *observation) { o.unusable = &telephony.UnusableError{Reason: "R", Message: "M"} },
			want: decision{action: actionSayWhy, reason: "R", message: "M", after: time.Second},
		},
	})
}

func TestDecideMoveByItsCalls(t *testing.T) {
	from := func(sighting resolvedCall) func(*observation) {
		return func(o *observation) { o.calls[0] = sighting }
	}
	both := func(from, to resolvedCall) func(*observation) {
		return func(o *observation) { o.calls = []resolvedCall{from, to} }
	}
	no := func(message string) decision { return decision{action: actionImpossible, message: message} }
	const ended = "Call a has ended (Completed), so nobody can be moved from it or to it."
	ringing := func(c *v1alpha1.Call) { c.Status.ConnectedTime = nil }
	hangingUp := func(c *v1alpha1.Call) { c.Status.Ending = &v1alpha1.CallEnding{Reason: v1alpha1.EndingRequested} }
	runMoveCases(t, []moveCase{
		{name: "none named", reason: "it may be created later", move: controllertest.MoveWith(), see: from(sighted()), want: sayWhy(v1alpha1.ReasonCallNotFound, "Call x does not exist.")},
		{name: "none selected", reason: "a label may be set later", move: controllertest.MoveWith(), see: from(chosen()), want: sayWhy(v1alpha1.ReasonCallNotFound, "No active Call has the labels team=a.")},
		{
			name: "several selected", reason: "which one is meant nobody can tell", move: controllertest.MoveWith(), see: from(chosen(controllertest.OnTheAir("d"), controllertest.OnTheAir("c"))),
			want: sayWhy(v1alpha1.ReasonCallAmbiguous, "2 active Calls have the labels team=a: c, d. The move needs one."),
		},
		{name: "ringing", reason: "somebody may answer", move: controllertest.MoveWith(), see: from(sighted(controllertest.OnTheAir("a", ringing))), want: sayWhy(v1alpha1.ReasonCallNotConnected, "Call a is not connected yet.")},
		{name: "hanging up", reason: "nothing is sent to a call that ends", move: controllertest.MoveWith(), see: from(sighted(controllertest.OnTheAir("a", hangingUp))), want: sayWhy(v1alpha1.ReasonCallNotConnected, "Call a is being hung up.")},
		{name: "being deleted", reason: "it is about to be hung up", move: controllertest.MoveWith(), see: from(sighted(controllertest.OnTheAir("a", controllertest.DeletedCall))), want: sayWhy(v1alpha1.ReasonCallNotConnected, "Call a is being hung up.")},
		{name: "ended", reason: "a call does not come back", move: controllertest.MoveWith(), see: from(sighted(controllertest.OnTheAir("a", controllertest.EndedAt(0)))), want: no(ended)},
		{name: "target ended, source missing", reason: "what can never be is told first", move: controllertest.MoveWith(), see: both(sighted(), sighted(controllertest.OnTheAir("a", controllertest.EndedAt(0)))), want: no(ended)},
		{
			name: "both missing", reason: "both are told", move: controllertest.MoveWith(), see: both(sighted(), chosen()),
			want: sayWhy(v1alpha1.ReasonCallNotFound, "Call x does not exist. No active Call has the labels team=a."),
		},
		{name: "both by one selector", reason: "one sentence is told once", move: controllertest.MoveWith(), see: both(chosen(), chosen()), want: sayWhy(v1alpha1.ReasonCallNotFound, "No active Call has the labels team=a.")},
		{
			name: "target missing", reason: "the target counts as much", move: controllertest.MoveWith(), see: both(sighted(controllertest.OnTheAir("a")), sighted()),
			want: sayWhy(v1alpha1.ReasonCallNotFound, "Call x does not exist."),
		},
		{
			name: "one Call", reason: "they are there already", move: controllertest.MoveWith(), see: both(sighted(controllertest.OnTheAir("a")), chosen(controllertest.OnTheAir("a"))),
			want: no("from and to both lead to Call a: the participants are there already."),
		},
		{
			name: "two providers", reason: "no request names calls of two resources", move: controllertest.MoveWith(), see: both(sighted(controllertest.OnTheAir("a", controllertest.OfProvider("p"))), sighted(controllertest.OnTheAir("b", ringing, controllertest.OfProvider("q")))),
			want: no("Call a is of CallProvider p and Call b of CallProvider q: participants can be moved only between calls of one provider."),
		},
		{
			name: "bad selector", reason: "the spec cannot change, so it stays bad", move: controllertest.MoveWith(), see: from(resolvedCall{invalid: errors.New("no such operator")}),
			want: no("A selector of the move cannot be used: no such operator."),
		},
	})
}

func TestDecideMoveInLine(t *testing.T) {
	among := func(others ...conflict) func(*observation) {
		return func(o *observation) { o.conflicts = others }
	}
	first := sayWhy(v1alpha1.ReasonMoveInFlight, "ParticipantMove other, of the same Call or participant, goes first.")
	send := decision{action: actionSend}
	const another = "+14255550124"
	runMoveCases(t, []moveCase{
		{
			name: "of the same Call", reason: "what is in flight from a call may end it", move: controllertest.MoveWith(),
			see: among(conflictingMove(controllertest.MoveWith(named("other", 0), controllertest.SentMove, movesPhone(another)), "a", false)), want: first,
		},
		{
			name: "of the same participant", reason: "nobody can be in two places", move: controllertest.MoveWith(),
			see: among(conflictingMove(controllertest.MoveWith(named("other", time.Hour), controllertest.SentMove), "elsewhere", false)), want: first,
		},
		{
			name: "of neither", reason: "moves that do not touch each other do not wait", move: controllertest.MoveWith(),
			see: among(conflictingMove(controllertest.MoveWith(named("other", 0), controllertest.SentMove, movesPhone(another)), "elsewhere", false)), want: send,
		},
		{
			name: "itself", reason: "a move does not wait for itself", move: controllertest.MoveWith(), see: among(conflictingMove(controllertest.MoveWith(), "a", true)), want: send,
		},
		{
			name: "older", reason: "the oldest goes first", move: controllertest.MoveWith(named("m", time.Second)),
			see: among(conflictingMove(controllertest.MoveWith(named("other", 0)), "a", true)), want: first,
		},
		{
			name: "older, not ready", reason: "who waits for something else holds up nobody", move: controllertest.MoveWith(named("m", time.Second)),
			see: among(conflictingMove(controllertest.MoveWith(named("other", 0)), "a", false)), want: send,
		},
		{
			name: "younger", reason: "the oldest goes first", move: controllertest.MoveWith(),
			see: among(conflictingMove(controllertest.MoveWith(named("other", time.Second)), "a", true)), want: send,
		},
		{
			name: "of one age", reason: "the name decides, the same for both", move: controllertest.MoveWith(named("p", 0)),
			see: among(conflictingMove(controllertest.MoveWith(named("other", 0)), "a", true)), want: first,
		},
		{
			name: "several", reason: "one in flight is named rather than one in line", move: controllertest.MoveWith(named("p", 0)),
			see: among(conflictingMove(controllertest.MoveWith(named("b", 0)), "a", true), conflictingMove(controllertest.MoveWith(named("other", 0), controllertest.SentMove), "a", false)), want: first,
		},
	})
}

func TestDecideMoveSent(t *testing.T) {
	repeatAt := func(after time.Duration) func(*observation) {
		return func(o *observation) { o.nextRepeat = controllertest.Epoch.Add(after) }
	}
	lookedAt := func(look time.Duration) func(*observation) {
		return func(o *observation) {
			o.accepted, o.lastTalk, o.lastLook = controllertest.Epoch, controllertest.Epoch.Add(look), controllertest.Epoch.Add(look)
		}
	}
	end := attempt.RepeatabilityWindow + patience
	runMoveCases(t, []moveCase{
		{name: "answer unknown", reason: "it is repeated with its ID, never begun anew", move: controllertest.MoveWith(controllertest.SentMove), now: time.Second, want: decision{action: actionRepeat}},
		{name: "answer unknown, deleted", reason: "what may have moved somebody is found out about first", move: controllertest.MoveWith(controllertest.SentMove, controllertest.DeletedMove), now: time.Second, want: decision{action: actionRepeat}},
		{name: "repeated just now", reason: "repetitions keep their distance", move: controllertest.MoveWith(controllertest.SentMove), now: 10 * time.Second, see: repeatAt(15 * time.Second), want: waitMove(5 * time.Second)},
		{name: "window ends before the repetition", reason: "the end of the window is not slept through", move: controllertest.MoveWith(controllertest.SentMove), now: attempt.RepeatabilityWindow - time.Second, see: repeatAt(time.Hour), want: waitMove(time.Second)},
		{name: "window over", reason: "the service may have forgotten the ID: both calls are asked instead", move: controllertest.MoveWith(controllertest.SentMove), now: attempt.RepeatabilityWindow, want: decision{action: actionPollRosters}},
		{
			name: "window over, asked just now", reason: "questions keep their distance", move: controllertest.MoveWith(controllertest.SentMove), now: attempt.RepeatabilityWindow,
			see: func(o *observation) { o.lastTalk = o.now.Add(-time.Second) }, want: waitMove(rosterPoll - time.Second),
		},
		{name: "patience over, never asked", reason: "who was away asks once before giving up", move: controllertest.MoveWith(controllertest.SentMove), now: end, see: func(o *observation) { o.lastTalk = o.now }, want: decision{action: actionPollRosters}},
		{name: "patience over", reason: "nobody will ever know", move: controllertest.MoveWith(controllertest.SentMove), now: end, see: lookedAt(end), want: decision{action: actionGiveUp}},
		{name: "timeout over", reason: "spec.timeout is for moves that are not sent", move: controllertest.MoveWith(controllertest.SentMove), now: 10 * time.Minute, see: lookedAt(10 * time.Minute), want: decision{action: actionGiveUp}},
		{name: "taken", reason: "the service has some seconds to report", move: controllertest.MoveWith(controllertest.AcceptedMove), now: time.Second, see: lookedAt(0), want: waitMove(rosterPoll - time.Second)},
		{name: "taken, silence", reason: "callbacks may be lost", move: controllertest.MoveWith(controllertest.AcceptedMove), now: rosterPoll, see: lookedAt(0), want: decision{action: actionPollRosters}},
		{name: "taken, patience over", reason: "a last look comes after the patience, whenever the last one was", move: controllertest.MoveWith(controllertest.AcceptedMove), now: patience, see: lookedAt(patience - time.Second), want: decision{action: actionPollRosters}},
		{name: "taken, patience and look over", reason: "nobody can tell any more", move: controllertest.MoveWith(controllertest.AcceptedMove), now: patience, see: lookedAt(patience), want: decision{action: actionGiveUp}},
		{
			name: "taken, restarts", reason: "restarts do not put the end off for ever", move: controllertest.MoveWith(controllertest.AcceptedMove), now: end,
			see:  func(o *observation) { o.accepted, o.lastTalk, o.lastLook = o.now.Add(-time.Second), o.now, o.now },
			want: decision{action: actionGiveUp},
		},
	})
}

func TestDecideMoveOver(t *testing.T) {
	runMoveCases(t, []moveCase{
		{name: "kept", reason: "a finished move is quiet", move: controllertest.MoveWith(overMove(0)), now: 24 * time.Hour, want: waitMove(0)},
		{name: "deleted", reason: "nothing keeps it any more", move: controllertest.MoveWith(overMove(0), controllertest.DeletedMove, keptFor(0)), want: decision{action: actionRemoveFinalizer}},
		{name: "finalizer removed", reason: "the API server removes it by itself", move: controllertest.MoveWith(overMove(0), controllertest.DeletedMove, func(m *v1alpha1.ParticipantMove) { m.Finalizers = nil }), want: waitMove(0)},
		{name: "another generation", reason: "kstatus takes an old observedGeneration for work in progress", move: controllertest.MoveWith(overMove(0), func(m *v1alpha1.ParticipantMove) { m.Generation = 2 }), want: decision{action: actionObserve}},
		{name: "kept for a while", reason: "the record stays as long as it is wanted", move: controllertest.MoveWith(overMove(10*time.Second), keptFor(30)), now: 15 * time.Second, want: waitMove(25 * time.Second)},
		{name: "kept long enough", reason: "its time is over", move: controllertest.MoveWith(overMove(10*time.Second), keptFor(30)), now: 40 * time.Second, want: decision{action: actionExpire}},
		{name: "kept for no time", reason: "0 is a time to live too", move: controllertest.MoveWith(overMove(0), keptFor(0)), want: decision{action: actionExpire}},
	})
}

// TestWhoAsksForItsTurn: only such moves are in line.
func TestWhoAsksForItsTurn(t *testing.T) {
	cases := []struct {
		name, reason string
		move         *v1alpha1.ParticipantMove
		want         bool
	}{
		{"new", "nothing was found against it yet", controllertest.MoveWith(), true},
		{"waits for a Call", "the Call may be there now", controllertest.MoveWith(waitingMove(v1alpha1.ReasonCallNotFound, 0)), true},
		{"waits for its turn", "it may be its turn", controllertest.MoveWith(waitingMove(v1alpha1.ReasonMoveInFlight, 0)), true},
		{"waits for a provider", "others need not wait for a person", controllertest.MoveWith(waitingMove(v1alpha1.ReasonSecretNotFound, 0)), false},
		{"backs off", "others need not wait for a clock", controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, time.Minute)), false},
		{"has backed off", "it goes at once", controllertest.MoveWith(waitingMove(v1alpha1.ReasonThrottled, time.Second)), true},
		{"is deleted", "it will never go", controllertest.MoveWith(controllertest.DeletedMove), false},
	}
	for _, c := range cases {
		if got := Moves.asksForItsTurn(move{c.move}, controllertest.Epoch.Add(30*time.Second)); got != c.want {
			t.Errorf("%s: got %t: %s", c.name, got, c.reason)
		}
	}
}

// TestMessagesAreBounded: the API server refuses a status whose message is longer than 1024.
func TestMessagesAreBounded(t *testing.T) {
	long := strings.Repeat("n", 253)
	var calls []*v1alpha1.Call
	for range 50 {
		calls = append(calls, controllertest.OnTheAir(long))
	}
	labels := map[string]string{}
	for i := range 20 {
		labels[fmt.Sprintf("label-%d", i)] = long[:63]
	}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	many := resolvedCall{ref: v1alpha1.CallReference{Selector: selector}, calls: calls}
	few := resolvedCall{ref: v1alpha1.CallReference{Selector: selector}, calls: calls[:2]}
	o := observation{kind: Moves, op: move{controllertest.MoveWith()}, calls: []resolvedCall{many, few}}
	why := o.callsBlocker()
	if why.reason != v1alpha1.ReasonCallAmbiguous || len(why.message) > 1024 {
		t.Errorf("%s with a message of %d bytes", why.reason, len(why.message))
	}
	if message := o.timedOutMessage(why); len(message) > 1024 {
		t.Errorf("the end has a message of %d bytes", len(message))
	}
}

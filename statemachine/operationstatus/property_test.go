// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// statusLimit is how large a status may be as JSON: the design keeps a whole object below 10 kB.
const statusLimit = 10_000

// check applies a fact and reports whatever must not be, whatever the status and the fact.
func check(t *testing.T, before v1alpha1.ParticipantMoveStatus, fact Fact) v1alpha1.ParticipantMoveStatus {
	t.Helper()
	untouched := before.DeepCopy()
	once := ApplyToMove(before, fact)
	if !reflect.DeepEqual(*untouched, before) {
		t.Fatalf("%#v changed its input:\n%s", fact, cmp.Diff(*untouched, before))
	}
	if twice := ApplyToMove(once, fact); !reflect.DeepEqual(once, twice) {
		t.Fatalf("%#v applied twice is not applied once (-once +twice):\n%s", fact, cmp.Diff(once, twice))
	}
	checkStep(t, before, once, fact)
	checkShape(t, once)
	return once
}

// checkStep checks what never goes back.
func checkStep(t *testing.T, before, after v1alpha1.ParticipantMoveStatus, fact Fact) {
	t.Helper()
	_, takenBack := fact.(NotSent)
	switch {
	case before.Result != nil && !reflect.DeepEqual(before.Result, after.Result):
		t.Fatalf("%#v rewrote a result:\n%s", fact, cmp.Diff(before.Result, after.Result))
	case before.Attempt != nil && after.Attempt == nil && (!takenBack || before.Accepted):
		t.Fatalf("%#v removed the attempt of a move that may have been carried out", fact)
	case before.Attempt != nil && after.Attempt != nil && !sameAttempt(*before.Attempt, *after.Attempt):
		t.Fatalf("%#v replaced the attempt", fact)
	case before.Accepted && !after.Accepted:
		t.Fatalf("%#v forgot that the service took the move", fact)
	}
	for i, p := range before.Participants {
		if p.State != v1alpha1.ParticipantPending && after.Participants[i] != p {
			t.Fatalf("%#v changed what became of a participant:\n%s", fact, cmp.Diff(p, after.Participants[i]))
		}
	}
}

// sameAttempt tells whether an attempt is the one of before: at most, it was committed since.
func sameAttempt(before, after v1alpha1.RequestAttempt) bool {
	if before.CommittedTime == nil {
		after.CommittedTime = nil
	}
	return reflect.DeepEqual(before, after)
}

// checkShape checks what holds in any status.
func checkShape(t *testing.T, s v1alpha1.ParticipantMoveStatus) {
	t.Helper()
	isReady := apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady)
	reconciling := apimeta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReconciling) != nil
	isStalled := apimeta.FindStatusCondition(s.Conditions, v1alpha1.ConditionStalled) != nil
	pending := (move{&s}).count(v1alpha1.ParticipantPending)
	switch {
	case (s.Result != nil) != (s.Phase == v1alpha1.MovePhaseEnded), s.Result != nil && (reconciling || s.Waiting != nil):
		t.Fatalf("phase %s, conditions %v and result %v contradict each other", s.Phase, s.Conditions, s.Result)
	case len(s.Conditions) > 0 && !isReady && !reconciling && !isStalled, isReady && (reconciling || isStalled):
		t.Fatalf("kstatus cannot judge %v", s.Conditions)
	case isReady != (s.Result != nil && s.Result.Outcome == v1alpha1.MoveOutcomeMoved):
		t.Fatalf("Ready is %t after %+v", isReady, s.Result)
	case s.Attempt == nil != (len(s.Participants) == 0), (s.From == nil) != (s.Attempt == nil), (s.To == nil) != (s.Attempt == nil):
		t.Fatalf("an attempt has participants and both Calls, and nothing else has: %+v", s)
	case s.Attempt != nil && (s.Result == nil) != (pending > 0):
		t.Fatalf("%d participants are pending, and the result is %+v", pending, s.Result)
	case len(s.Participants) > pending && !s.Accepted && s.Result == nil:
		t.Fatalf("what became of somebody is known, and not that the service took the move: %+v", s)
	case s.Attempt != nil && s.Moved != fmt.Sprintf("%d/%d", (move{&s}).count(v1alpha1.ParticipantMoved), len(s.Participants)):
		t.Fatalf("%s were moved, of %+v", s.Moved, s.Participants)
	}
	if data, err := json.Marshal(s); err != nil || len(data) > statusLimit {
		t.Fatalf("%d bytes of JSON, error %v", len(data), err)
	}
}

// factFor makes a fact of a byte for its type and one for what it says, known in second n.
func factFor(kind, says byte, n int) Fact {
	who := []string{one, two, other, "4:+14255550126"}[says%4]
	some := [][]string{nil, {one}, {two}, {one, two}, {one, two, other}, {other}}
	at := second(n)
	facts := []Fact{
		Observed{Generation: int64(says % 4), At: at},
		Waits{Reason: fmt.Sprintf("Reason%d", says%3), Message: longest, At: at},
		intended(n, some[1+says%4]...), notSent(n), unresolved(n), accepted(n),
		Refused{Code: 400, SubCode: int(says), Message: longest, At: at},
		Impossible{Message: longest, At: at}, TimedOut{Message: longest, At: at}, abandoned(n),
		seen(n, some[says%6], some[says/6%6]),
		succeeded(n, who), failed(n, who), succeeded(n, who),
		reported(n, moved{Failed: true, Participant: who, From: []string{"", sourceID, "cc-other"}[says%3]}),
		reported(n, telephony.Disconnected{Reason: telephonyacs.ReasonOf(200, 0)}),
		committed(n),
	}
	return facts[int(kind)%len(facts)]
}

// longest is a message as long as the CRD allows.
var longest = strings.Repeat("long ", 1024/5)

// applyAll reads a sequence of facts from bytes, two each.
func applyAll(t *testing.T, data []byte) v1alpha1.ParticipantMoveStatus {
	t.Helper()
	status := unseen()
	for i := 0; i+1 < len(data); i += 2 {
		status = check(t, status, factFor(data[i], data[i+1], i))
	}
	return status
}

func TestPropertiesOfRandomLives(t *testing.T) {
	const seed = 20261124
	random := rand.New(rand.NewPCG(seed, 0))
	reached := map[v1alpha1.MoveOutcome]bool{}
	for range 3000 {
		// Without this a life hardly ever begins.
		data := []byte{0, 1}
		for range random.IntN(40) {
			data = append(data, byte(random.IntN(256)))
		}
		if status := applyAll(t, data); status.Result != nil {
			reached[status.Result.Outcome] = true
		} else {
			reached[""] = true
		}
	}
	for _, outcome := range []v1alpha1.MoveOutcome{
		"", v1alpha1.MoveOutcomeMoved, v1alpha1.MoveOutcomePartlyMoved, v1alpha1.MoveOutcomeFailed, v1alpha1.MoveOutcomeTimedOut, v1alpha1.MoveOutcomeUnknown,
	} {
		if !reached[outcome] {
			t.Errorf("seed %d: no life ended as %q, so the test looks at too little", seed, outcome)
		}
	}
}

// TestEveryShortLife applies every sequence of three facts of every type, after the beginning, the request and the answer.
func TestEveryShortLife(t *testing.T) {
	const kinds = 17
	for _, begin := range [][]Fact{{observed(1)}, sent, taken} {
		start := ApplyToMove(unseen(), begin...)
		for n := range kinds * kinds * kinds {
			status := start
			for i, rest := 0, n; i < 3; i, rest = i+1, rest/kinds {
				status = check(t, status, factFor(byte(rest%kinds), byte(i), 10+i))
			}
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte{0, 1, 2, 2, 5, 0, 11, 0, 11, 1})         // sent, taken, both moved
	f.Add([]byte{0, 1, 2, 2, 11, 0, 5, 0, 12, 1})         // an early event, one moved and one not
	f.Add([]byte{0, 1, 2, 2, 3, 0, 2, 2, 4, 0, 10, 4})    // tried twice, unresolved, seen
	f.Add([]byte{0, 1, 1, 0, 1, 1, 8, 0, 11, 0})          // waits, timed out
	f.Add([]byte{0, 1, 2, 0, 4, 0, 9, 0, 11, 0, 0, 2, 7}) // abandoned
	f.Fuzz(func(t *testing.T, data []byte) {
		const longestLife = 400
		applyAll(t, data[:min(len(data), longestLife)])
	})
}

// TestStatusStaysSmall builds the largest status that there is.
func TestStatusStaysSmall(t *testing.T) {
	var who []string
	for i := range 20 {
		who = append(who, fmt.Sprintf("8:acs:%08d-0000-4000-8000-000000000000_%08d-0000-4000-8000-000000000000", 0, i))
	}
	facts := []Fact{observed(1), intended(2, who...)}
	for _, id := range who[:19] {
		facts = append(facts, failed(3, id))
	}
	facts = append(facts, abandoned(9))
	data, err := json.Marshal(ApplyToMove(unseen(), facts...))
	if err != nil || len(data) > statusLimit {
		t.Errorf("%d bytes of JSON, error %v", len(data), err)
	}
	t.Logf("%d bytes", len(data))
}

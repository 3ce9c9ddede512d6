// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// statusLimit is how large a status may be as JSON: the design keeps a whole Call below 10 kB.
const statusLimit = 10_000

// check applies a fact and reports whatever must not be, whatever the status and the fact.
func check(t *testing.T, before v1alpha1.CallStatus, fact Fact) v1alpha1.CallStatus {
	t.Helper()
	untouched := before.DeepCopy()
	once := Apply(before, fact)
	if !reflect.DeepEqual(*untouched, before) {
		t.Fatalf("%#v changed its input:\n%s", fact, cmp.Diff(*untouched, before))
	}
	kept := once.DeepCopy()
	twice := Apply(once, fact)
	if !reflect.DeepEqual(once, twice) {
		t.Fatalf("%#v applied twice is not applied once (-once +twice):\n%s", fact, cmp.Diff(once, twice))
	}
	if !reflect.DeepEqual(*kept, once) {
		t.Fatalf("%#v changed its input the second time", fact)
	}
	checkStep(t, before, once, fact)
	checkShape(t, once)
	return once
}

// checkStep checks what never goes back.
func checkStep(t *testing.T, before, after v1alpha1.CallStatus, fact Fact) {
	t.Helper()
	_, takenBack := fact.(NotPlaced)
	switch {
	case before.Phase == v1alpha1.CallPhaseEnded && after.Phase != v1alpha1.CallPhaseEnded:
		t.Fatalf("%#v took up an ended call as %s", fact, after.Phase)
	case before.Result != nil && !reflect.DeepEqual(before.Result, after.Result):
		t.Fatalf("%#v rewrote a result:\n%s", fact, cmp.Diff(before.Result, after.Result))
	case before.Attempt != nil && after.Attempt == nil && (!takenBack || before.ConnectionID != ""):
		t.Fatalf("%#v removed the attempt of a call that may have been placed", fact)
	case isCommitted(before) && after.Attempt != nil && !begins(fact) && !before.Attempt.CommittedTime.Equal(after.Attempt.CommittedTime):
		t.Fatalf("%#v forgot that the callee may have been rung", fact)
	case before.Phase == v1alpha1.CallPhaseRinging && (after.Phase == v1alpha1.CallPhasePending || after.Phase == v1alpha1.CallPhaseDialing && after.Route != nil):
		t.Fatalf("%#v made an incoming call %s", fact, after.Phase)
	case before.ConnectionID != "" && after.ConnectionID != before.ConnectionID:
		t.Fatalf("%#v changed the connection", fact)
	case before.ConnectedTime != nil && !before.ConnectedTime.Equal(after.ConnectedTime):
		t.Fatalf("%#v changed when the call was answered", fact)
	case after.Result != nil && after.Result.Outcome == v1alpha1.OutcomeCompleted && after.ConnectedTime == nil:
		t.Fatalf("%#v completed a call that nobody answered", fact)
	case after.Result != nil && after.Result.Outcome == v1alpha1.OutcomeCancelled && after.Ending == nil && after.Attempt != nil:
		t.Fatalf("%#v cancelled a call that nobody here ended", fact)
	case before.ConnectedTime == nil && after.ConnectedTime != nil && after.Attempt != nil && after.ConnectedTime.Before(&after.Attempt.FirstSent):
		t.Fatalf("%#v answered a call before it was placed", fact)
	case after.RosterSequence < before.RosterSequence:
		t.Fatalf("%#v brought back an older roster", fact)
	}
}

func isCommitted(s v1alpha1.CallStatus) bool {
	return s.Attempt != nil && s.Attempt.CommittedTime != nil
}

// begins tells whether a fact is a new attempt.
func begins(fact Fact) bool {
	switch fact.(type) {
	case Intended, Routed:
		return true
	default:
		return false
	}
}

// checkShape checks what holds in any status.
func checkShape(t *testing.T, s v1alpha1.CallStatus) {
	t.Helper()
	isEnded := apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionEnded)
	isReady := apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady)
	isConnected := apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionConnected)
	reconciling := apimeta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReconciling) != nil
	stalled := apimeta.FindStatusCondition(s.Conditions, v1alpha1.ConditionStalled) != nil
	switch {
	case len(s.History) > v1alpha1.MaxHistory || len(s.Participants) > v1alpha1.MaxRoster:
		t.Fatalf("%d events and %d participants", len(s.History), len(s.Participants))
	case isEnded != (s.Result != nil) || isEnded != (s.Phase == v1alpha1.CallPhaseEnded):
		t.Fatalf("phase %s, Ended=%t and result %v contradict each other", s.Phase, isEnded, s.Result)
	case isEnded && (isConnected || reconciling || s.Waiting != nil || s.ReportedEnd != nil || len(s.Participants) > 0):
		t.Fatalf("what is over still goes on: %v", s.Conditions)
	case len(s.Conditions) > 0 && !isReady && !reconciling && !stalled, isReady && (reconciling || stalled):
		t.Fatalf("kstatus cannot judge %v", s.Conditions)
	case s.Route != nil && s.Attempt == nil:
		t.Fatalf("route %s takes a call without an attempt", s.Route.Name)
	case s.Result != nil && utf8.RuneCountInString(s.Result.Message) > conditions.MaxMessage:
		t.Fatalf("the API server takes no message of %d characters", utf8.RuneCountInString(s.Result.Message))
	}
	checkRoster(t, s)
	if data, err := json.Marshal(s); err != nil || len(data) > statusLimit {
		t.Fatalf("%d bytes of JSON, error %v", len(data), err)
	}
}

// checkRoster checks that the roster is a map by raw ID, as its list type says, and never longer than its count.
func checkRoster(t *testing.T, s v1alpha1.CallStatus) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range s.Participants {
		if seen[p.RawID] || p.RawID == "" {
			t.Fatalf("raw ID %q is twice in the roster, or names nobody", p.RawID)
		}
		seen[p.RawID] = true
	}
	if s.ParticipantCount != nil && int(*s.ParticipantCount) < len(s.Participants) {
		t.Fatalf("%d participants, counted as %d", len(s.Participants), *s.ParticipantCount)
	}
}

// longest is a message as long as the CRD allows.
var longest = strings.Repeat("long ", 1024/5)

// firstIncoming is the first byte of a fact that only an incoming call has.
const firstIncoming = 200

// factFor makes a fact of a byte for its type and one for what it says, known in second n.
func factFor(kind, says byte, n int) Fact {
	at := second(n)
	code := []int{0, 200, 403, 408, 480, 486, 487, 500, 600, 603}[says%10]
	state := []telephony.Phase{
		telephony.PhaseRinging, telephony.PhaseConnected, telephony.PhaseConnected,
		telephony.PhaseOver, telephony.PhaseRinging,
	}[says%5]
	decided := []Fact{
		Observed{Generation: int64(says % 4), From: caller, To: callee, At: at},
		Rang{At: at}, Waits{Reason: fmt.Sprintf("Reason%d", says%3), Message: longest, At: at},
		Intended{ID: fmt.Sprintf("attempt-%d", says), At: at}, placed(n), notPlaced(n),
		Unresolved{Message: longest, At: at}, GaveUp{At: at}, Refused{Code: code, Message: longest, At: at},
		ending(n, []v1alpha1.EndingReason{
			v1alpha1.EndingRequested, v1alpha1.EndingDeleted, v1alpha1.EndingRingTimeout, v1alpha1.EndingMaxDuration,
		}[says%4]),
		CancelledUnplaced{At: at}, Unanswered{At: at}, Gone{At: at}, polled(n, state, crowd(int(says%50))...), polled(n, state),
	}
	const kinds = 20
	switch {
	case kind >= 180 && kind < firstIncoming:
		return []Fact{
			ProviderChanged{Message: longest, At: at}, Reached{At: at}, Adopted{Pins: pins, At: at}, Copied{At: at},
			Intended{ID: fmt.Sprintf("attempt-%d", says), Pins: pins, At: at}, committed(n),
		}[kind%6]
	case kind >= firstIncoming:
		return incomingFactFor(kind, says, n)
	case int(kind)%kinds < len(decided):
		return decided[int(kind)%kinds]
	}
	return eventFor(kind, says, code, n)
}

// incomingFactFor makes a fact that only an incoming call has.
func incomingFactFor(kind, says byte, n int) Fact {
	at := second(n)
	return []Fact{
		Routed{ID: fmt.Sprintf("attempt-%d", says), Route: widestRoute(says), At: at},
		RedirectedOrRejected{At: at}, Refused{Code: 404, Message: longest, Missed: true, At: at}, Settled{At: at},
		reported(n, eventID(int(says)), event("AnswerFailed", legOver(487, 0))), ringOver(n, telephony.CauseCancelled),
	}[(kind-firstIncoming)%6]
}

// widestRoute is a route with texts as long as the CRD allows.
func widestRoute(says byte) v1alpha1.RoutedCall {
	name := strings.Repeat("r", 253)
	long := strings.Repeat("x", 128)
	return []v1alpha1.RoutedCall{
		{Name: name, Action: v1alpha1.RouteActionAnswer, CallLabels: map[string]string{"team": strings.Repeat("v", 63)}},
		{Name: name, Action: v1alpha1.RouteActionRedirect, RedirectTo: &v1alpha1.Identifier{
			TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{UserID: long, TenantID: long, ResourceID: long},
		}},
		{Name: name, Action: v1alpha1.RouteActionReject, RejectReason: v1alpha1.RejectReasonBusy},
	}[says%3]
}

// eventFor makes an event; few IDs, so that some of them come again.
func eventFor(kind, says byte, code, n int) Fact {
	common := legOver(code, 0)
	switch says % 16 {
	case 0:
		common.Connection = "another"
	case 1:
		common.Connection = ""
	case 2:
		common.Reason = telephonyacs.ReasonOf(0, 0)
	}
	id := eventID(int(says))
	fact := []Reported{
		reported(n, id, event("CallConnected", common)),
		reported(n, id, rosterEvent(common, int(says), crowd(int(says%50)))),
		reported(n, id, event("CallDisconnected", common)),
		reported(n, id, event("CreateCallFailed", common)),
		reported(n, id, event("PlayCompleted", common)),
	}[kind%5]
	fact.Event.Time = fact.Event.Time.Add(time.Duration(int8(says)) * time.Second)
	return fact
}

func eventID(n int) string { return fmt.Sprintf("%08d-0000-4000-8000-000000000000", n) }

// crowd is a roster with raw IDs as long as the service's. Everybody third is in it twice.
func crowd(size int) []telephony.Participant {
	everybody := make([]telephony.Participant, size)
	for i := range everybody {
		id := fmt.Sprintf("8:acs:%s_%s", eventID(0), eventID(i-i%3/2))
		everybody[i] = telephony.Participant{ID: id, Muted: true, OnHold: true}
	}
	return everybody
}

// applyAll reads a sequence of facts from bytes, two each.
func applyAll(t *testing.T, data []byte) v1alpha1.CallStatus {
	t.Helper()
	status := unseen()
	for i := 0; i+1 < len(data); i += 2 {
		status = check(t, status, factFor(data[i], data[i+1], i))
	}
	return status
}

func TestPropertiesOfRandomLives(t *testing.T) {
	const seed = 20261123
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	reached := map[v1alpha1.CallPhase]bool{}
	// Without these a life hardly ever begins: one that is dialled, and one that rings here.
	beginnings := [][]byte{{0, 1, 3, 1}, {0, 1, 1, 0}, {0, 1, 1, 0, 200, 0}, {0, 1, 1, 0, 200, 1}}
	for i := range 2000 {
		data := slices.Clone(beginnings[i%len(beginnings)])
		for range random.IntN(40) {
			data = append(data, byte(random.IntN(256)))
		}
		reached[applyAll(t, data).Phase] = true
	}
	for _, phase := range []v1alpha1.CallPhase{
		v1alpha1.CallPhasePending, v1alpha1.CallPhaseDialing, v1alpha1.CallPhaseRinging, v1alpha1.CallPhaseConnected,
		v1alpha1.CallPhaseEnding, v1alpha1.CallPhaseEnded,
	} {
		if !reached[phase] {
			t.Errorf("no life stopped as %s, so the test looks at too little", phase)
		}
	}
}

// TestPropertiesOfEveryFact applies every fact in every state.
func TestPropertiesOfEveryFact(t *testing.T) {
	states := append(everyEnd(), nil, []Fact{observed(1)}, dialing, ringing, onTheAir, inTalk, timingOut, cancelled, hangingUp,
		comesIn, answers, passesOn, refuses, pickedUp)
	for _, state := range states {
		for _, fact := range everyFact(500) {
			check(t, Apply(unseen(), state...), fact)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add([]byte{0, 1, 3, 1, 4, 0, 15, 3, 16, 20, 17, 10})     // placed, answered, a roster, over
	f.Add([]byte{0, 1, 3, 1, 17, 15, 18, 15})                  // declined, the end before the failure
	f.Add([]byte{0, 1, 2, 0, 3, 1, 5, 0, 3, 2, 6, 0, 7, 0})    // tried twice, unresolvable
	f.Add([]byte{0, 1, 3, 1, 6, 0, 16, 49, 5, 0, 9, 2, 12, 0}) // lost answer, early roster, ring time-out
	f.Add([]byte{0, 1, 1, 0, 11, 0, 0, 2})                     // incoming, rang out
	f.Add([]byte{0, 1, 1, 0, 200, 0, 4, 0, 15, 3, 17, 10})     // answered here, and over
	f.Add([]byte{0, 1, 1, 0, 200, 1, 201, 0})                  // passed on
	f.Add([]byte{0, 1, 1, 0, 200, 2, 5, 0, 200, 0, 202, 0})    // tried twice, missed
	f.Fuzz(func(t *testing.T, data []byte) {
		const longestLife = 400
		applyAll(t, data[:min(len(data), longestLife)])
	})
}

// TestStatusStaysSmall builds the largest statuses that there are.
func TestStatusStaysSmall(t *testing.T) {
	full := after(onTheAir, polled(4, telephony.PhaseConnected))
	for i := range 3 * v1alpha1.MaxHistory {
		full = append(full, reported(5, eventID(i), rosterEvent(leg(), i+1, crowd(10*v1alpha1.MaxRoster))))
	}
	ahead := int32(1_000_000)
	cases := []struct {
		name, reason string
		facts        []Fact
	}{
		{"in talk", "a full roster and a full history", full},
		{"being hung up", "the same, with a reason to end", after(full, ending(6, v1alpha1.EndingMaxDuration))},
		{"ended", "the roster is gone, the history stays", after(full, disconnected(9, 599, 12345))},
		{"in line", "each condition repeats the longest message", []Fact{
			observed(1), Waits{Reason: strings.Repeat("R", 64), Message: longest, Ahead: &ahead, Retry: second(9), At: second(1)},
		}},
		{"unresolved", "the same, after an attempt", after(dialing, Unresolved{Message: longest, At: second(3)})},
		{"routed and retried", "the longest route beside the longest message", []Fact{
			observed(1), Rang{At: second(1)}, Waits{Reason: strings.Repeat("R", 64), Message: longest, Retry: second(9), At: second(1)},
			Routed{ID: eventID(0), Route: widestRoute(1), At: second(9)},
		}},
		{"refused", "each condition repeats the longest message", after(dialing, Refused{Code: 403, Message: longest, At: second(3)})},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status := Apply(unseen(), c.facts...)
			// The service's IDs are long: this is the longest that was recorded, and more.
			status.ServerCallID, status.ConnectionID = strings.Repeat("s", 512), strings.Repeat("c", 128)
			data, err := json.Marshal(status)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes", len(data))
			if len(data) > statusLimit {
				t.Errorf("%s: %d bytes, more than %d", c.reason, len(data), statusLimit)
			}
		})
	}
}

// TestListsAreBounded: the newest events stay, the first participants are listed, and all of them are counted.
func TestListsAreBounded(t *testing.T) {
	facts := after(onTheAir)
	const many = 25
	for i := 1; i <= many; i++ {
		facts = append(facts, reported(5, eventID(i), rosterEvent(leg(), i, crowd(3*i))))
	}
	status := Apply(unseen(), facts...)
	if len(status.History) != v1alpha1.MaxHistory || status.History[v1alpha1.MaxHistory-1].ID != eventID(many) ||
		status.History[0].ID != eventID(many-v1alpha1.MaxHistory+1) {
		t.Errorf("the history holds not the newest %d events: %v", v1alpha1.MaxHistory, status.History)
	}
	// Everybody third in the crowd is in it twice, and somebody is counted once.
	if len(status.Participants) != v1alpha1.MaxRoster || *status.ParticipantCount != 2*many {
		t.Errorf("%d of %d participants, want %d of %d", len(status.Participants), *status.ParticipantCount, v1alpha1.MaxRoster, 2*many)
	}
}

// TestRosterWithoutNames: an identifier that names nobody is no participant.
func TestRosterWithoutNames(t *testing.T) {
	status := Apply(unseen(), after(onTheAir, roster(5, 1, telephony.Participant{}, phone(callee)))...)
	if len(status.Participants) != 1 || *status.ParticipantCount != 1 {
		t.Errorf("got %v, counted as %d", status.Participants, *status.ParticipantCount)
	}
}

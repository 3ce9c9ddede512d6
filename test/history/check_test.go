// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// historyCase is a history, and what is wrong with it.
type historyCase struct {
	name, reason string
	tell         func(*story)
	// broken are the invariants that are violated, one for each violation.
	broken []Invariant
	// shows are what the printed violations have to show.
	shows []string
}

// TestCheck tells histories that break each promise, and near misses that do not.
func TestCheck(t *testing.T) {
	checkHistories(t, []historyCase{
		{
			name: "Ordinary", reason: "a call that is placed, answered and ended breaks nothing",
			tell: func(s *story) { s.live(); s.end(); s.rest() },
		},
		// 1: one ring per intent.
		{
			name: "RepeatedFromMemory", reason: "the service answered a repetition from memory: nobody rang again",
			tell: func(s *story) {
				s.live()
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "createCall", Status: 201, RepeatabilityID: attempt1, Repeated: true, ConnectionID: "c1"})
			},
		},
		{
			name: "RefusedThenTriedAnew", reason: "429 is known to have had no effect, so a new attempt is right",
			tell: func(s *story) {
				s.call("ada", intended(attempt1))
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "createCall", Status: 429, RepeatabilityID: attempt1})
				s.call("ada", v1alpha1.CallStatus{Phase: v1alpha1.CallPhasePending, Waiting: &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonThrottled}})
				s.call("ada", intended(attempt2))
				s.request("createCall", attempt2, "c2")
				s.ring("c2")
			},
		},
		{
			name: "TwoAttempts", reason: "the first attempt's answer was lost, and a second one was made",
			tell: func(s *story) {
				s.call("ben", intended(attempt2))
				s.request("createCall", attempt2, "c2")
				s.call("ben", intended("00000000-0000-4000-8000-000000000003"))
				s.request("createCall", "00000000-0000-4000-8000-000000000003", "c3")
			},
			broken: []Invariant{OneRing}, shows: []string{"Call ben had two attempts carried out", "connection c2", "connection c3"},
		},
		{
			name: "NoIntent", reason: "a request was sent before its attempt was written",
			tell:   func(s *story) { s.request("createCall", attempt1, "c1") },
			broken: []Invariant{OneRing}, shows: []string{"is in no revision of any object"},
		},
		{
			name: "NoHeader", reason: "a request without the header cannot be repeated safely",
			tell:   func(s *story) { s.live(); s.request("createCall", "", "c2") },
			broken: []Invariant{OneRing}, shows: []string{"without a Repeatability-Request-ID"},
		},
		{
			name: "Forgotten", reason: "the service forgot the attempt and carried it out again",
			tell:   func(s *story) { s.live(); s.request("createCall", attempt1, "c2") },
			broken: []Invariant{OneRing}, shows: []string{"had its effect twice", "connection c1", "connection c2"},
		},
		{
			name: "RangTwice", reason: "one call rang a phone twice",
			tell:   func(s *story) { s.live(); s.ring("c1") },
			broken: []Invariant{OneRing}, shows: []string{phone + " rang twice in one call"},
		},
		{
			name: "TwoCallsToOnePhone", reason: "two Calls to one phone are two intents",
			tell: func(s *story) {
				s.live()
				s.end()
				s.call("ben", intended(attempt2))
				s.request("createCall", attempt2, "c2")
				s.ring("c2")
			},
		},
		{
			name: "RestoredAndPlaced", reason: "a backup tool restored a Call, and somebody was rung once more",
			tell: func(s *story) {
				call := s.call("ada", intended(attempt1))
				call.Labels = map[string]string{"velero.io/restore-name": "nightly"}
				s.request("createCall", attempt1, "c1")
			},
			broken: []Invariant{OneRing}, shows: []string{"Call ada was restored, and createCall was carried out for it", "restored by Velero"},
		},
		{
			name: "RestoredWithStatus", reason: "the attempt was the original's, and nothing was sent for the copy",
			tell: func(s *story) {
				s.live()
				restored := s.call("copy", connected(attempt1, "c1", "e1"))
				restored.Labels = map[string]string{"velero.io/restore-name": "nightly"}
			},
		},
		{
			name: "EndedUnresolved", reason: "nobody knows whether it was placed, and it is not repeated: news is awaited for 4 minutes",
			tell: func(s *story) { unresolvedSince(s, time.Minute); s.rest() },
		},
		{
			name: "EndedUnresolvedForLong", reason: "after that it is given up",
			tell:   func(s *story) { unresolvedSince(s, 10*time.Minute); s.rest() },
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"Call ada was to be ended and was not"},
		},
		// 2: nothing heard is lost.
		{
			name: "AcknowledgedUnwritten", reason: "200 was answered before anything was written",
			tell: func(s *story) {
				s.live()
				s.answer(200, "ada", s.event("CallDisconnected", "e2", "c1"))
				s.call("ada", ended(attempt1, "c1", v1alpha1.OutcomeCompleted))
			},
			broken: []Invariant{NothingLost}, shows: []string{"CallDisconnected e2 was acknowledged", "receiver answered 200"},
		},
		{
			name: "Refused", reason: "5xx promises nothing",
			tell: func(s *story) { s.live(); s.answer(503, "ada", s.event("CallDisconnected", "e2", "c1")) },
		},
		{
			name: "OldNews", reason: "what a poll has found needs no event, and an older roster neither",
			tell: func(s *story) {
				s.live()
				status := connected(attempt1, "c1", "e1")
				status.RosterSequence = 7
				s.call("ada", status)
				s.answer(200, "ada", Event{ID: "e5", Type: "CallConnected", ConnectionID: "c1"}, Event{ID: "e6", Type: "ParticipantsUpdated", ConnectionID: "c1", Sequence: 7})
			},
		},
		{
			name: "LostRoster", reason: "a newer roster was acknowledged and not written",
			tell: func(s *story) {
				s.live()
				s.answer(200, "ada", Event{ID: "e6", Type: "ParticipantsUpdated", ConnectionID: "c1", Sequence: 8})
			},
			broken: []Invariant{NothingLost},
		},
		{
			name: "AnotherConnection", reason: "an event of another connection is about another call",
			tell: func(s *story) {
				s.live()
				s.answer(200, "ada", Event{ID: "e6", Type: "CallDisconnected", ConnectionID: "c9"})
			},
		},
		{
			name: "LostIncoming", reason: "an incoming call was acknowledged without a Call",
			tell:   func(s *story) { s.answer(200, "", Event{ID: "g1", Type: "IncomingCall", CorrelationID: "k1"}) },
			broken: []Invariant{NothingLost}, shows: []string{"incoming call k1"},
		},
		{
			name: "LostMove", reason: "what became of a participant was acknowledged and not written",
			tell: func(s *story) {
				s.revision(move(v1alpha1.ParticipantPending))
				s.answer(200, "move", Event{ID: "m1", Type: "MoveParticipantSucceeded", Participant: phone})
			},
			broken: []Invariant{NothingLost},
		},
		{
			name: "WrittenMove", reason: "here it was written",
			tell: func(s *story) {
				s.revision(move(v1alpha1.ParticipantMoved))
				s.answer(200, "move", Event{ID: "m1", Type: "MoveParticipantSucceeded", Participant: phone})
			},
		},
		// 3: late news changes nothing.
		{
			name: "Reopened", reason: "a late event opened a call that was over",
			tell: func(s *story) {
				s.live()
				s.end()
				s.call("ada", connected(attempt1, "c1", "e1"))
			},
			broken: []Invariant{LateNewsChangesNothing, LateNewsChangesNothing}, shows: []string{"a status changed that had a result", "ended as Completed"},
		},
		{
			name: "ObservedAfterTheEnd", reason: "which generation a status speaks of may change after the end",
			tell: func(s *story) {
				s.live()
				s.end()
				status := ended(attempt1, "c1", v1alpha1.OutcomeCompleted)
				status.ObservedGeneration = 2
				s.call("ada", status)
			},
		},
		{
			name: "HeardTwice", reason: "one event was taken for two",
			tell:   func(s *story) { s.live(); s.call("ada", connected(attempt1, "c1", "e1", "e1")) },
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"e1 is in the history twice"},
		},
		{
			name: "RosterWentBack", reason: "an older roster came later",
			tell: func(s *story) {
				s.live()
				for _, sequence := range []int64{3, 1} {
					status := connected(attempt1, "c1", "e1")
					status.RosterSequence = sequence
					s.call("ada", status)
				}
			},
			broken: []Invariant{LateNewsChangesNothing},
		},
		{
			name: "GenerationWentBack", reason: "an older spec was taken for the current one",
			tell: func(s *story) {
				s.revision(observing(3, 3))
				s.revision(observing(3, 2))
			},
			broken: []Invariant{LateNewsChangesNothing},
		},
		{
			name: "GenerationOfAnother", reason: "a restored status names a generation that its object does not have yet",
			tell: func(s *story) {
				s.revision(observing(1, 3))
				s.revision(observing(1, 1))
			},
		},
		{
			name: "ParticipantWentBack", reason: "what became of a participant is final",
			tell: func(s *story) {
				s.revision(move(v1alpha1.ParticipantMoved))
				s.revision(move(v1alpha1.ParticipantFailed))
			},
			broken: []Invariant{LateNewsChangesNothing},
		},
		// 4: silence is survived.
		{
			name: "NotNoticed", reason: "a call is over, and nothing polled",
			tell: func(s *story) {
				s.live()
				s.event("CallDisconnected", "e2", "c1")
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"the call of ada is over"},
		},
		{
			name: "Active", reason: "an active call is no violation",
			tell: func(s *story) { s.live(); s.rest() },
		},
		{
			name: "NotDeleted", reason: "a deleted Call hangs on its finalizer",
			tell: func(s *story) {
				s.live()
				s.end()
				s.call("ada", ended(attempt1, "c1", v1alpha1.OutcomeCompleted)).DeletionTimestamp = &metav1.Time{Time: time.Unix(2, 0)}
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived},
		},
		{
			name: "HalfWay", reason: "an attempt was written and nothing came of it",
			tell:   func(s *story) { s.call("ada", intended(attempt1)); s.rest() },
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"stopped half-way"},
		},
		{
			name: "Waits", reason: "a Call that waits and says for what is no violation",
			tell: func(s *story) {
				s.call("ada", v1alpha1.CallStatus{Waiting: &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonWaitingForCapacity, Ahead: ptr.To[int32](3)}})
				s.rest()
			},
		},
		// 5: no orphans.
		{
			name: "Orphan", reason: "the Call is gone and its call lives",
			tell: func(s *story) {
				s.live()
				s.gone(connected(attempt1, "c1", "e1"))
				s.rest()
			},
			broken: []Invariant{NoOrphans}, shows: []string{"connection c1 lives on after its Call ada"},
		},
		{
			name: "AdmittedUnknown", reason: "OutcomeUnknown says that a call may live on",
			tell: func(s *story) {
				s.live()
				s.call("ada", ended(attempt1, "c1", v1alpha1.OutcomeUnknown))
				s.rest()
			},
		},
		// 6: quiet when idle.
		{
			name: "WroteAtRest", reason: "something was written again and again",
			tell: func(s *story) {
				s.rest()
				s.Requests = append(s.Requests, Request{Time: s.tick(), Process: "manager-1", Role: "manager", Name: "PUT calls/status", Status: 200})
			},
			broken: []Invariant{QuietWhenIdle}, shows: []string{"manager-1 sent PUT calls/status"},
		},
		{
			name: "PolledAtRest", reason: "polls, reads and the leader's Lease are no unrest, and what came before is none",
			tell: func(s *story) {
				s.Requests = append(s.Requests, Request{Time: s.tick(), Name: "PUT calls/status"})
				s.rest()
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "getCall", Status: 200})
				s.Requests = append(s.Requests, Request{Time: s.tick(), Name: "PUT leases"}, Request{Time: s.now, Name: "GET calls"})
			},
		},
		{
			name: "HungUpForAnother", reason: "a copy was deleted, and the call of the original was hung up",
			tell:   func(s *story) { s.live(); s.request("terminateCall", attempt2, "c1") },
			broken: []Invariant{NoOrphans}, shows: []string{"connection c1 was hung up, and Call ada did not ask for it"},
		},
		{
			name: "HungUpForItself", reason: "its Call was to end",
			tell: func(s *story) {
				s.live()
				status := connected(attempt1, "c1", "e1")
				status.Ending = &v1alpha1.CallEnding{Reason: v1alpha1.EndingRequested}
				s.call("ada", status)
				s.request("terminateCall", attempt2, "c1")
				s.end()
			},
		},
		{
			name: "HungUpAtRest", reason: "requests to the service count as well",
			tell: func(s *story) {
				s.rest()
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "terminate", Status: 404})
			},
			broken: []Invariant{QuietWhenIdle},
		},
		// 7: the limit holds.
		{
			name: "Crowd", reason: "three calls at once, of two allowed",
			tell:   func(s *story) { crowd(s, 3, false) },
			broken: []Invariant{LimitHolds}, shows: []string{ourNumber + " had 3 calls at once, and may have 2"},
		},
		{
			name: "TwoServices", reason: "the provider was led to another service, which has limits of its own",
			tell: func(s *story) {
				for _, id := range []string{"a", "b", "c", "d"} {
					status := intended(id)
					status.Attempt.Service = &v1alpha1.AttemptService{Endpoint: map[bool]string{true: "a.example", false: "b.example"}[id < "c"]}
					s.call(id, status)
					s.request("createCall", id, "c-"+id)
				}
			},
		},
		{name: "OneAfterTheOther", reason: "three calls, each after the end of the one before", tell: func(s *story) { crowd(s, 3, true) }},
		{
			name: "TwoManagers", reason: "each of two managers may not have seen what the other one placed",
			tell: func(s *story) { s.Managers = 2; crowd(s, 4, false) },
		},
		{
			name: "TwoManagersCrowd", reason: "but both together have no more than two limits", tell: func(s *story) { s.Managers = 2; crowd(s, 5, false) },
			broken: []Invariant{LimitHolds}, shows: []string{ourNumber + " had 5 calls at once, and may have 4"},
		},
		{name: "AtTheLimit", reason: "as many as are allowed", tell: func(s *story) { crowd(s, 2, false) }},
		{
			name: "BusyAtOnce", reason: "a callee that is busy has ended the call before its request is answered, and written down",
			tell: func(s *story) {
				for _, id := range []string{"a", "b", "c"} {
					s.call(id, intended(id))
					s.event("CallDisconnected", "e-"+id, "c-"+id)
					s.request("createCall", id, "c-"+id)
				}
			},
		},
		// 8: secrets stay secret.
		{
			name: "KeyInLog", reason: "a log shows the access key",
			tell: func(s *story) {
				s.Secrets = []Secret{{"the access key", "c2VjcmV0"}}
				s.Texts = []Text{{Where: "log of manager-1", Text: "dialling with c2VjcmV0"}}
			},
			broken: []Invariant{SecretsStaySecret}, shows: []string{"log of manager-1 holds the access key"},
		},
		{
			name: "KeyInStatus", reason: "a status does",
			tell: func(s *story) {
				s.Secrets = []Secret{{"the context", "c2VjcmV0"}}
				s.call("ada", v1alpha1.CallStatus{From: "c2VjcmV0"})
			},
			broken: []Invariant{SecretsStaySecret},
		},
		{
			name: "NumberInLog", reason: "a log shows a number",
			tell:   func(s *story) { s.Texts = []Text{{Where: "a log", Text: "calling +442079460101", Masked: true}} },
			broken: []Invariant{SecretsStaySecret},
		},
		{
			name: "MaskedNumber", reason: "a masked number is none, and in a status numbers may be whole",
			tell: func(s *story) {
				s.Texts = []Text{{Where: "a log", Text: "calling +4420...01", Masked: true}, {Where: "Events", Text: "calling +442079460101"}}
			},
		},
		{
			name: "ContextLeft", reason: "the Secret of an incoming call outlives its call",
			tell: func(s *story) {
				s.live()
				s.end()
				s.revision(contextOf("ada", false))
				s.rest()
			},
			broken: []Invariant{SecretsStaySecret},
		},
		{
			name: "ContextDeleted", reason: "here it was deleted",
			tell: func(s *story) {
				s.live()
				s.end()
				s.revision(contextOf("ada", false))
				s.revision(contextOf("ada", true))
				s.rest()
			},
		},
		// 10: no call outside its time.
		{
			name: "InTime", reason: "it was placed when it was to be",
			tell: func(s *story) {
				call := s.call("ada", intended(attempt1))
				call.Spec.NotBefore, call.Spec.StartingDeadlineSeconds = ptr.To(metav1.NewTime(s.now)), ptr.To[int64](60)
				s.request("createCall", attempt1, "c1")
			},
		},
		{
			name: "TooEarly", reason: "its time had not come",
			tell: func(s *story) {
				call := s.call("ada", intended(attempt1))
				call.Spec.NotBefore = ptr.To(metav1.NewTime(s.now.Add(time.Hour)))
				s.request("createCall", attempt1, "c1")
			},
			broken: []Invariant{NoCallOutsideItsTime}, shows: []string{"Call ada was placed before", "connection c1"},
		},
		{
			name: "TooLate", reason: "its deadline was over",
			tell: func(s *story) {
				call := s.call("ada", intended(attempt1))
				call.CreationTimestamp, call.Spec.StartingDeadlineSeconds = metav1.NewTime(s.now.Add(-time.Hour)), ptr.To[int64](60)
				s.request("createCall", attempt1, "c1")
			},
			broken: []Invariant{NoCallOutsideItsTime}, shows: []string{"Call ada was placed after its deadline", "connection c1"},
		},
		{
			name: "ExpiredAndPlaced", reason: "somebody was rung, and the Call denies it",
			tell: func(s *story) {
				s.call("ada", intended(attempt1))
				s.request("createCall", attempt1, "c1")
				s.call("ada", ended(attempt1, "", v1alpha1.OutcomeExpired))
				s.call("ada", ended(attempt1, "", v1alpha1.OutcomeExpired))
			},
			broken: []Invariant{NoCallOutsideItsTime}, shows: []string{"says that nobody was rung, and was placed"},
		},
		{
			name: "BlockedAndPlaced", reason: "somebody on a do-not-call list was rung, and the Call denies it",
			tell: func(s *story) {
				s.call("ada", intended(attempt1))
				s.request("createCall", attempt1, "c1")
				s.call("ada", ended(attempt1, "", v1alpha1.OutcomeBlocked))
			},
			broken: []Invariant{NoCallOutsideItsTime}, shows: []string{"says that nobody was rung, and was placed"},
		},
		// 9: nobody gets in.
		{
			name: "ForgeryAccepted", reason: "a forged request was answered with 200",
			tell:   func(s *story) { s.Answers = []Answer{{Time: s.tick(), Status: 200, Forged: "no token"}} },
			broken: []Invariant{NobodyGetsIn}, shows: []string{"no token"},
		},
		{
			name: "ForgeryAboutNothing", reason: "its Call was gone, and so was what says which token to ask for",
			tell: func(s *story) {
				s.live()
				s.end()
				s.gone(ended(attempt1, "c1", v1alpha1.OutcomeCompleted))
				s.forged(Answer{Status: 200, GenuineURL: true})
			},
		},
		{
			name: "ForgeryOfTheURL", reason: "its Call was gone, and the URL's token was missing too",
			tell: func(s *story) {
				s.live()
				s.end()
				s.gone(ended(attempt1, "c1", v1alpha1.OutcomeCompleted))
				s.forged(Answer{Status: 200})
			},
			broken: []Invariant{NobodyGetsIn},
		},
		{
			name: "ForgeryOfTheService", reason: "its Call is there, and its provider says which token to ask for",
			tell: func(s *story) {
				s.live()
				s.forged(Answer{Status: 200, GenuineURL: true})
			},
			broken: []Invariant{NobodyGetsIn},
		},
		{
			name: "ForgeryBelieved", reason: "it was refused, and written all the same",
			tell: func(s *story) {
				s.live()
				s.Answers = append(s.Answers, Answer{Time: s.tick(), Status: 401, Forged: "no token", Events: []Event{{ID: "e1"}}})
			},
			broken: []Invariant{NobodyGetsIn},
		},
		{
			name: "ForgeryRefused", reason: "it was refused, and changed nothing",
			tell: func(s *story) {
				s.Answers = []Answer{{Time: s.tick(), Status: 401, Forged: "no token", Events: []Event{{ID: "forged", Type: "CallDisconnected"}}}}
			},
		},
		{
			name: "SecretRead", reason: "the receiver read a Secret; the manager may",
			tell: func(s *story) {
				s.Requests = []Request{
					{Time: s.tick(), Process: "manager-1", Role: "manager", Name: "GET secrets", Status: 200},
					{Time: s.tick(), Process: "receiver-1", Role: "webhookreceiver", Name: "GET secrets", Status: 403},
					{Time: s.tick(), Process: "receiver-1", Role: "webhookreceiver", Name: "GET secrets", Status: 200},
				}
			},
			broken: []Invariant{NobodyGetsIn},
		},
	})
}

// checkHistories checks what is found in histories.
func checkHistories(t *testing.T, cases []historyCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s := newStory()
			tc.tell(s)
			var broken []Invariant
			var printed strings.Builder
			for _, v := range Check(&s.History) {
				broken = append(broken, v.Invariant)
				printed.WriteString(v.String())
			}
			slices.Sort(broken)
			if diff := cmp.Diff(tc.broken, broken); diff != "" {
				t.Errorf("%s: violations (-want +got)\n%s\n%s", tc.reason, diff, printed.String())
			}
			for _, shown := range tc.shows {
				if !strings.Contains(printed.String(), shown) {
					t.Errorf("%s: %q is not shown in\n%s", tc.reason, shown, printed.String())
				}
			}
		})
	}
}

// unresolvedSince tells of a Call that is to be ended, whose request's answer was lost a while ago.
func unresolvedSince(s *story, ago time.Duration) {
	status := intended(attempt1)
	status.Attempt.FirstSent = metav1.NewTime(s.now.Add(-ago))
	status.Waiting = &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonDialUnresolved}
	s.call("ada", status).Spec.State = v1alpha1.CallStateEnded
}

func move(state v1alpha1.MovedParticipantState) Revision {
	return Revision{Move: &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{Name: "move", UID: "move"},
		Status: v1alpha1.ParticipantMoveStatus{
			OperationStatus: v1alpha1.OperationStatus{Attempt: &v1alpha1.RequestAttempt{ID: attempt2}, Accepted: true},
			Participants:    []v1alpha1.MovedParticipant{{RawID: phone, State: state}},
		},
	}}
}

// crowd has n Calls placed from one number, each after the one before if they are in turn.
func crowd(s *story, n int, inTurn bool) {
	for i := range n {
		id := string(rune('a' + i))
		s.call(id, intended(id))
		s.request("createCall", id, "c-"+id)
		if inTurn {
			s.event("CallDisconnected", "e-"+id, "c-"+id)
		}
	}
}

func contextOf(call string, gone bool) Revision {
	return Revision{Gone: gone, Secret: &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: call, UID: "secret", OwnerReferences: []metav1.OwnerReference{{Kind: "Call", UID: "ada"}},
	}}}
}

// TestViolationsArePrinted pins what a person reads.
func TestViolationsArePrinted(t *testing.T) {
	s := newStory()
	s.live()
	s.request("createCall", attempt1, "c2")
	const want = `invariant 1, one ring per intent: attempt 00000000-0000-4000-8000-000000000001 had its effect twice
  12:00:04.000 ACS journal 1: request createCall attempt 00000000-0000-4000-8000-000000000001 connection c1 correlation of-c1 answered 201
  12:00:10.000 ACS journal 4: request createCall attempt 00000000-0000-4000-8000-000000000001 connection c2 correlation of-c2 answered 201
`
	found := Check(&s.History)
	if len(found) != 1 {
		t.Fatalf("%d violations, want 1: %v", len(found), found)
	}
	if diff := cmp.Diff(want, found[0].String()); diff != "" {
		t.Errorf("the printed violation (-want +got)\n%s", diff)
	}
}

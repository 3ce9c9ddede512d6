// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

var (
	says    = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}}}
	loops   = v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: v1alpha1.Prompt{Text: "Hello"}, Loop: true}}
	asks    = v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{}}}
	adds    = v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}
	holds   = v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{}}
	unholds = v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{}}
	cancels = v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}
	records = recording(v1alpha1.RecordStart)
)

func recording(command v1alpha1.RecordCommand) v1alpha1.CallOperation {
	return v1alpha1.CallOperation{Record: &v1alpha1.RecordOperation{Command: command}}
}

const attempt3 = "00000000-0000-4000-8000-000000000003"

// TestCheckActions tells histories of CallActions that break a promise, and near misses that do not.
func TestCheckActions(t *testing.T) {
	completed := endedAction(attempt2, v1alpha1.ActionCompleted)
	answered := func(tones v1alpha1.Tones) v1alpha1.CallActionStatus {
		status := endedAction(attempt2, v1alpha1.ActionCompleted)
		status.Answer = &v1alpha1.InputAnswer{Tones: tones}
		return status
	}
	accepted := sentAction(attempt2)
	accepted.Accepted = true
	waiting := v1alpha1.CallActionStatus{OperationStatus: v1alpha1.OperationStatus{Waiting: &v1alpha1.OperationWaiting{Reason: v1alpha1.ReasonCallNotConnected}}}
	checkHistories(t, []historyCase{
		{
			name: "Played", reason: "an announcement that is heard once breaks nothing",
			tell: func(s *story) {
				s.live()
				s.action("say", says, sentAction(attempt2))
				s.play("play", attempt2)
				s.at(simulator.PhoneHeard, attempt2, "Hello")
				s.action("say", says, completed)
				s.rest()
			},
		},
		// 1: carried out once.
		{
			name: "PlayedTwice", reason: "the request was sent again, and the service does not recognise that",
			tell: func(s *story) {
				s.live()
				s.action("say", says, sentAction(attempt2))
				for range 2 {
					s.play("play", attempt2)
					s.at(simulator.PhoneHeard, attempt2, "Hello")
				}
			},
			broken: []Invariant{OneRing, OneRing}, shows: []string{"attempt " + attempt2 + " had its effect twice", phone + " heard CallAction say twice"},
		},
		{
			name: "PlayedByTwoAttempts", reason: "the first attempt's answer was lost, and a second one was made",
			tell: func(s *story) {
				s.live()
				for _, id := range []string{attempt2, attempt3} {
					s.action("say", says, sentAction(id))
					s.play("play", id)
					s.at(simulator.PhoneHeard, id, "Hello")
				}
			},
			broken: []Invariant{OneRing, OneRing}, shows: []string{"CallAction say had two attempts carried out", phone + " heard CallAction say twice"},
		},
		{
			name: "HeardByTwo", reason: "everybody in the call hears it",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.play("play", attempt2)
				s.at(simulator.PhoneHeard, attempt2, "Hello")
				s.entry(simulator.Entry{Kind: simulator.EntryPhone, Phone: "4:+442079460102", PhoneEvent: simulator.PhoneHeard, Times: 1, OperationContext: attempt2})
			},
		},
		{
			name: "HeardAgainAndAgain", reason: "it was to be heard once",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.entry(simulator.Entry{Kind: simulator.EntryPhone, Phone: phone, PhoneEvent: simulator.PhoneHeard, Times: 3, OperationContext: attempt2})
			},
			broken: []Invariant{OneRing}, shows: []string{"heard CallAction say 3 times"},
		},
		{
			name: "Loop", reason: "it was to be heard again and again",
			tell: func(s *story) {
				s.action("say", loops, sentAction(attempt2))
				s.entry(simulator.Entry{Kind: simulator.EntryPhone, Phone: phone, PhoneEvent: simulator.PhoneHeard, Times: 3, OperationContext: attempt2})
			},
		},
		{
			name: "PlayedUnrecorded", reason: "a request was sent before its attempt was written",
			tell:   func(s *story) { s.play("play", attempt2) },
			broken: []Invariant{OneRing}, shows: []string{"play had its effect, and its attempt " + attempt2 + " is in no revision"},
		},
		{
			name: "PlayedForACopy", reason: "a backup tool restored it, and it was sent",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2)).Labels = map[string]string{"velero.io/restore-name": "nightly"}
				s.play("play", attempt2)
			},
			broken: []Invariant{OneRing}, shows: []string{"CallAction say was restored, and play was carried out for it"},
		},
		{
			name: "GuestRangTwice", reason: "one action called somebody into the call twice, in two calls",
			tell: func(s *story) {
				s.action("add", adds, sentAction(attempt2))
				for _, call := range []string{"of-c1", "of-c2"} {
					s.entry(simulator.Entry{Kind: simulator.EntryRing, Phone: phone, CorrelationID: call, OperationContext: attempt2})
				}
			},
			broken: []Invariant{OneRing}, shows: []string{phone + " rang twice for CallAction add"},
		},
		{
			name: "AddedAgain", reason: "two actions are two wishes, in one call too",
			tell: func(s *story) {
				s.live()
				for id, name := range map[string]string{attempt2: "add", attempt3: "add-again"} {
					s.action(name, adds, sentAction(id))
					s.entry(simulator.Entry{Kind: simulator.EntryRing, Phone: phone, CorrelationID: "of-c1", OperationContext: id})
				}
			},
		},
		{
			name: "RecordedTwice", reason: "a recording was started by two attempts of one action",
			tell: func(s *story) {
				for _, id := range []string{attempt2, attempt3} {
					s.action("record", records, sentAction(id))
					s.request("startRecording", id, "c1")
				}
			},
			broken: []Invariant{OneRing}, shows: []string{"CallAction record had two attempts carried out"},
		},
		// 2: nothing heard is lost.
		{
			name: "ReportLost", reason: "the end was acknowledged and not written",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.answer(200, "say", Event{ID: "e7", Type: "PlayCompleted", ConnectionID: "c1", OperationContext: attempt2})
			},
			broken: []Invariant{NothingLost}, shows: []string{"PlayCompleted e7 was acknowledged"},
		},
		{
			name: "ReportOfAnother", reason: "a report of an attempt that was withdrawn is old news, and a beginning is no end",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.answer(200, "say", Event{ID: "e7", Type: "PlayCompleted", OperationContext: attempt3}, Event{ID: "e8", Type: "PlayStarted", OperationContext: attempt2})
			},
		},
		// 3: late news changes nothing; what is not known is not said.
		{
			name: "EndedTwice", reason: "a result is final",
			tell: func(s *story) {
				s.action("say", says, endedAction(attempt2, v1alpha1.ActionUnknown))
				s.action("say", says, endedAction(attempt2, v1alpha1.ActionCancelled))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"a status changed that had a result", "ended as OutcomeUnknown", "ended as Cancelled"},
		},
		{
			name: "TriedAnew", reason: "what was accepted is not sent by another attempt",
			tell: func(s *story) {
				s.action("say", says, accepted)
				s.action("say", says, sentAction(attempt3))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"what the service had taken was tried anew"},
		},
		{
			name: "Answered", reason: "the keys were pressed while this question listened; others were pressed before",
			tell: func(s *story) {
				s.action("ask", asks, sentAction(attempt2))
				s.play("recognize", attempt2)
				s.at(simulator.PhonePressed, attempt3, "7")
				s.at(simulator.PhonePressed, attempt2, "4")
				s.at(simulator.PhonePressed, attempt2, "2")
				s.action("ask", asks, answered("42"))
			},
		},
		{
			name: "AnsweredWithAStopTone", reason: "a stop tone is not part of the answer",
			tell: func(s *story) {
				stop := v1alpha1.CallOperation{Recognize: &v1alpha1.RecognizeOperation{Tones: &v1alpha1.ToneInput{StopTones: "#"}}}
				s.action("ask", stop, sentAction(attempt2))
				s.play("recognize", attempt2)
				s.at(simulator.PhonePressed, attempt2, "4")
				s.at(simulator.PhonePressed, attempt2, "#")
				s.action("ask", stop, answered("4"))
			},
		},
		{
			name: "AnswerOfAnother", reason: "the answer was given to the question before",
			tell: func(s *story) {
				s.action("ask", asks, sentAction(attempt2))
				s.play("recognize", attempt2)
				s.at(simulator.PhonePressed, attempt3, "7")
				s.at(simulator.PhonePressed, attempt2, "4")
				s.action("ask", asks, answered("7"))
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"CallAction ask has an answer that was not given to it", "answer 7"},
		},
		{
			name: "NeverPlayed", reason: "the service refused it, and it says that it was played",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "play", Status: 500, OperationContext: attempt2, ConnectionID: "c1"})
				s.action("say", says, completed)
			},
			broken: []Invariant{LateNewsChangesNothing}, shows: []string{"CallAction say says that it was carried out, and the service never did"},
		},
		{name: "NeverSent", reason: "nothing was ever sent for it", tell: func(s *story) {
			s.action("say", says, v1alpha1.CallActionStatus{Result: &v1alpha1.ActionResult{Outcome: v1alpha1.ActionCompleted}})
			s.request("terminateCall", "", "")
		}, broken: []Invariant{LateNewsChangesNothing}},
		{name: "NeverHeld", reason: "nobody was on hold", tell: func(s *story) { s.action("hold", holds, completed) }, broken: []Invariant{LateNewsChangesNothing}},
		{name: "Held", reason: "the phone was put on hold", tell: func(s *story) {
			s.at(simulator.PhoneHeld, "", "")
			s.action("hold", holds, completed)
		}},
		{name: "NotOnHold", reason: "it never was, which is what was asked for", tell: func(s *story) { s.action("unhold", unholds, completed) }},
		{name: "NeverAdded", reason: "the phone did not answer", tell: func(s *story) { s.action("add", adds, completed) }, broken: []Invariant{LateNewsChangesNothing}},
		{name: "AddedByAnother", reason: "somebody else called them into the call", tell: func(s *story) {
			s.entry(simulator.Entry{Kind: simulator.EntryAnswer, Phone: phone})
			s.action("add", adds, completed)
		}},
		{
			name: "NeverPaused", reason: "nothing was paused in this call", tell: func(s *story) {
				s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "pauseRecording", Status: 202, ConnectionID: "c2"})
				s.action("pause", recording(v1alpha1.RecordPause), completed)
			},
			broken: []Invariant{LateNewsChangesNothing},
		},
		{name: "Paused", reason: "such a request names no attempt", tell: func(s *story) {
			s.entry(simulator.Entry{Kind: simulator.EntryRequest, Operation: "pauseRecording", Status: 202, ConnectionID: "c1"})
			s.action("pause", recording(v1alpha1.RecordPause), completed)
		}},
		{name: "NeverCancelled", reason: "no media were stopped", tell: func(s *story) { s.action("cancel", cancels, completed) }, broken: []Invariant{LateNewsChangesNothing}},
		// 4: silence is survived.
		{
			name: "HalfDone", reason: "the service said nothing, and nobody gave up",
			tell:   func(s *story) { s.action("say", says, accepted); s.rest() },
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"CallAction say stopped half-way", "it was sent, and has no result"},
		},
		{
			name: "Kept", reason: "a deleted action hangs on its finalizer",
			tell: func(s *story) {
				s.action("say", says, endedAction(attempt2, v1alpha1.ActionCancelled)).DeletionTimestamp = &metav1.Time{Time: s.now}
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"CallAction say does not go"},
		},
		{
			name: "Waits", reason: "an action that says what it waits for is no violation before its deadline",
			tell: func(s *story) { s.action("say", says, waiting); s.rest() },
		},
		{
			name: "WaitsForEver", reason: "its deadline is over",
			tell: func(s *story) {
				s.action("say", says, waiting)
				s.now = s.now.Add(time.Hour)
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"CallAction say did not expire"},
		},
		{
			name: "Repeats", reason: "a request whose answer was lost is repeated for 4 minutes",
			tell: func(s *story) { repeating(s, time.Minute); s.rest() },
		},
		{
			name: "RepeatsForEver", reason: "after that it is given up",
			tell:   func(s *story) { repeating(s, 10*time.Minute); s.rest() },
			broken: []Invariant{SilenceIsSurvived},
		},
		{
			name: "Records", reason: "a recording lasts as long as its call",
			tell: func(s *story) { s.live(); s.action("record", records, accepted); s.rest() },
		},
		{
			name: "RecordsForEver", reason: "its call was over long ago",
			tell: func(s *story) {
				s.live()
				s.action("record", records, accepted)
				s.end()
				s.now = s.now.Add(time.Hour)
				s.rest()
			},
			broken: []Invariant{SilenceIsSurvived}, shows: []string{"CallAction record stopped half-way"},
		},
		// 5: an operation in progress is stopped only when somebody asks for it.
		{
			name: "Stopped", reason: "the action was deleted",
			tell: func(s *story) {
				s.action("say", says, accepted).DeletionTimestamp = &metav1.Time{Time: s.now}
				s.play("cancelAllMediaOperations", "")
			},
		},
		{name: "Cancelled", reason: "an action asked for that", tell: func(s *story) {
			s.action("cancel", cancels, sentAction(attempt2))
			s.play("cancelAllMediaOperations", "")
		}},
		{
			name: "StoppedForACopy", reason: "a copy was deleted, and the original was stopped",
			tell: func(s *story) {
				s.action("say", says, accepted)
				status := accepted
				status.Attempt = &v1alpha1.RequestAttempt{ID: attempt2, ObjectUID: "say"}
				s.action("copy", says, status).DeletionTimestamp = &metav1.Time{Time: s.now}
				s.play("cancelAllMediaOperations", "")
			},
			broken: []Invariant{NoOrphans}, shows: []string{"cancelAllMediaOperations was carried out in connection c1, and no CallAction asked for it"},
		},
		// 8: the answer to a sensitive question stays in its Secret, as long as its action.
		{
			name: "AnswerKept", reason: "the Secret is there for people to read",
			tell: func(s *story) {
				s.live()
				s.end()
				kept := contextOf("ada", false)
				kept.Secret.Name = "ada-answer-00000000"
				s.revision(kept)
				s.rest()
			},
		},
		// 10: nothing outside its time.
		{
			name: "ExpiredAndPlayed", reason: "somebody heard it, and the action denies it",
			tell: func(s *story) {
				s.action("say", says, sentAction(attempt2))
				s.play("play", attempt2)
				s.action("say", says, endedAction(attempt2, v1alpha1.ActionExpired))
			},
			broken: []Invariant{NoCallOutsideItsTime}, shows: []string{"CallAction say says that nothing was done, and play was carried out"},
		},
	})
}

// repeating tells of an action whose request is repeated, since a while ago.
func repeating(s *story, ago time.Duration) {
	status := sentAction(attempt2)
	status.Attempt.FirstSent = metav1.NewTime(s.now.Add(-ago))
	status.Waiting = &v1alpha1.OperationWaiting{Reason: v1alpha1.ReasonActionUnresolved}
	s.action("add", adds, status)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/simulator"
)

// hearings finds prompts that a phone heard twice for one CallAction (invariant 1), or for one that says that it was not sent in time
// (invariant 10).
func hearings(x *index) []Violation {
	type hearing struct{ phone, action string }
	var found []Violation
	first := map[hearing]*simulator.Entry{}
	for i := range x.Journal {
		e := &x.Journal[i]
		intent := x.intents[e.OperationContext]
		if e.PhoneEvent != simulator.PhoneHeard || intent == nil || intent.Action == nil || intent.Action.Spec.Hold != nil {
			continue
		}
		action := intent.Action
		key := hearing{e.Phone, string(action.UID)}
		earlier, repeats := first[key], action.Spec.Play != nil && action.Spec.Play.Loop
		first[key] = e
		switch {
		case earlier != nil:
			found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "%s heard CallAction %s twice", e.Phone, action.Name))
		case e.Times > 1 && !repeats:
			found = append(found, violation(OneRing, []Step{stepOfEntry(e)}, "%s heard CallAction %s %d times", e.Phone, action.Name, e.Times))
		}
	}
	return append(found, lateActions(x)...)
}

// lateActions finds CallActions that report a missed deadline, although the service carried out their attempt.
func lateActions(x *index) []Violation {
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		intent := x.intents[attemptOf(e)]
		if !hadEffect(e) || intent == nil || intent.Action == nil {
			continue
		}
		ended := last(x.objects[intent.Action.UID])
		if result := ended.Action.Status.Result; result != nil && result.Outcome == v1alpha1.ActionExpired {
			found = append(found, violation(NoCallOutsideItsTime, []Step{stepOfEntry(e), stepOfRevision(ended, "outcome Expired")},
				"CallAction %s says that nothing was done, and %s was carried out", ended.Action.Name, e.Operation))
		}
	}
	return found
}

// answers finds answers that are not what the phone pressed while that attempt listened (invariant 3).
func answers(x *index) []Violation {
	pressed, keys := pressedKeys(x), map[string][]*simulator.Entry{}
	for i := range x.Journal {
		if e := &x.Journal[i]; e.PhoneEvent == simulator.PhonePressed {
			keys[e.OperationContext] = append(keys[e.OperationContext], e)
		}
	}
	var found []Violation
	for _, revisions := range x.revisions(isAction) {
		r := last(revisions)
		answer := r.Action.Status.Answer
		if answer == nil || answer.Tones == "" || atAsterisk(r.attempt()) || string(answer.Tones) == withoutStop(r.Action, pressed[attemptID(r.attempt())]) {
			continue
		}
		steps := []Step{stepOfRevision(r, "answer "+string(answer.Tones))}
		for _, e := range keys[attemptID(r.attempt())] {
			steps = append(steps, stepOfEntry(e))
		}
		found = append(found, violation(LateNewsChangesNothing, steps, "CallAction %s has an answer that was not given to it", r.Action.Name))
	}
	return found
}

// atAsterisk tells whether a request was sent to an Asterisk, whose doings no journal has.
func atAsterisk(sent *v1alpha1.RequestAttempt) bool {
	return sent != nil && sent.Request != nil && (sent.Request.Endpoint != "" || sent.Request.SIPEndpoint != "")
}

// withoutStop leaves out the key that ended the answer to a question.
func withoutStop(action *v1alpha1.CallAction, keys string) string {
	if asked := action.Spec.Recognize; asked != nil && asked.Tones != nil {
		return strings.TrimRight(keys, string(asked.Tones.StopTones))
	}
	return keys
}

// claims finds CallActions that say that they were carried out, and were not (invariant 3).
func claims(x *index) []Violation {
	done := evidenceIn(x)
	var found []Violation
	for _, revisions := range x.revisions(isAction) {
		r := last(revisions)
		result := r.Action.Status.Result
		if result != nil && result.Outcome == v1alpha1.ActionCompleted && !atAsterisk(r.attempt()) && !done.shows(r.Action) {
			found = append(found, violation(LateNewsChangesNothing, []Step{stepOfRevision(r, "outcome Completed")},
				"CallAction %s says that it was carried out, and the service never did", r.Action.Name))
		}
	}
	return found
}

// evidence is what the service did.
type evidence struct {
	// attempts are those that were carried out, operations are names and connections.
	attempts, operations map[string]bool
	// joined and held are the phones that answered, and that were put on hold.
	joined, held []string
}

func evidenceIn(x *index) evidence {
	done := evidence{attempts: map[string]bool{}, operations: map[string]bool{}}
	for i := range x.Journal {
		switch e := &x.Journal[i]; {
		case hadEffect(e):
			done.operations[e.Operation+" "+e.ConnectionID] = true
			if id := attemptOf(e); id != "" {
				done.attempts[id] = true
			}
		case e.Kind == simulator.EntryAnswer:
			done.joined = append(done.joined, e.Phone)
		case e.PhoneEvent == simulator.PhoneHeld:
			done.held = append(done.held, e.Phone)
		}
	}
	return done
}

// commands are the service's names of requests that name no attempt.
var commands = map[v1alpha1.RecordCommand]string{
	v1alpha1.RecordPause: "pauseRecording", v1alpha1.RecordResume: "resumeRecording", v1alpha1.RecordStop: "stopRecording",
}

// shows tells whether the service carried an action out, as far as can be seen. That somebody is not in a call, or not on hold, may have
// another cause.
func (d evidence) shows(action *v1alpha1.CallAction) bool {
	status := &action.Status
	is := func(id string) bool { return party.SameID(id, status.Participant) }
	switch asked := &action.Spec; {
	case asked.RemoveParticipant != nil, asked.Unhold != nil:
		return true
	case asked.AddParticipant != nil:
		return d.attempts[attemptID(status.Attempt)] || slices.ContainsFunc(d.joined, is)
	case asked.Hold != nil:
		return slices.ContainsFunc(d.held, is)
	case asked.CancelMedia != nil:
		return status.Call != nil && d.operations["cancelAllMediaOperations "+status.Call.ConnectionID]
	case asked.Record != nil && commands[asked.Record.Command] != "":
		return status.Call != nil && d.operations[commands[asked.Record.Command]+" "+status.Call.ConnectionID]
	default:
		return d.attempts[attemptID(status.Attempt)]
	}
}

// stops are the requests that stop something, and whether an action asks for that.
var stops = map[string]func(*v1alpha1.CallAction) bool{
	"cancelAllMediaOperations": func(a *v1alpha1.CallAction) bool { return a.Spec.CancelMedia != nil },
	"stopRecording": func(a *v1alpha1.CallAction) bool {
		return a.Spec.Record != nil && a.Spec.Record.Command == v1alpha1.RecordStop
	},
	"cancelAddParticipant": func(*v1alpha1.CallAction) bool { return false },
}

// unaskedStops finds what was stopped in a call although no CallAction asked for that, and none was deleted (invariant 5).
func unaskedStops(x *index) []Violation {
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		asks := stops[e.Operation]
		if asks == nil || !hadEffect(e) || e.ConnectionID == "" || e.Operation == "stopRecording" && flowRecords(x, e.ConnectionID) {
			continue
		}
		asked := slices.ContainsFunc(x.revisions(isAction), func(revisions []*Revision) bool {
			r := last(revisions)
			return slices.ContainsFunc(revisions, func(r *Revision) bool { return actsIn(r.Action, e.ConnectionID) }) &&
				(asks(r.Action) || r.Gone || !r.Action.DeletionTimestamp.IsZero())
		})
		if !asked {
			found = append(found, violation(NoOrphans, []Step{stepOfEntry(e)}, "%s was carried out in connection %s, and no CallAction asked for it", e.Operation, e.ConnectionID))
		}
	}
	return found
}

// flowRecords tells whether the flow of a call came to a step about its recording.
func flowRecords(x *index, connection string) bool {
	return slices.ContainsFunc(x.revisions(isCall), func(revisions []*Revision) bool {
		return slices.ContainsFunc(revisions, func(r *Revision) bool {
			flow := r.Call.Status.Flow
			return r.Call.Status.ConnectionID == connection && flow != nil && flow.Does == string(v1alpha1.OperationRecord)
		})
	})
}

// actsIn tells whether an action was sent to a call, and is no copy.
func actsIn(action *v1alpha1.CallAction, connection string) bool {
	status := &action.Status
	return status.Call != nil && status.Call.ConnectionID == connection && !attempt.Copied(action, status.Attempt)
}

// actionStepsBack finds what changed in an action's status and must not.
func actionStepsBack(was, is *v1alpha1.CallActionStatus) []stepBack {
	var found []stepBack
	if was.Result != nil && !reflect.DeepEqual(settledAction(was), settledAction(is)) {
		found = append(found, stepBack{"a status changed that had a result, which is final", actionOutcome(was), actionOutcome(is)})
	}
	if was.Accepted && (!is.Accepted || attemptID(was.Attempt) != attemptID(is.Attempt)) {
		found = append(found, stepBack{"what the service had taken was tried anew", attemptID(was.Attempt), attemptID(is.Attempt)})
	}
	return found
}

// settledAction is what of a status with a result may not change any more: all of it but which generation it speaks of.
func settledAction(status *v1alpha1.CallActionStatus) *v1alpha1.CallActionStatus {
	copied := status.DeepCopy()
	copied.ObservedGeneration = 0
	for i := range copied.Conditions {
		copied.Conditions[i].ObservedGeneration = 0
	}
	return copied
}

func actionOutcome(status *v1alpha1.CallActionStatus) string {
	if status.Result == nil {
		return "no result"
	}
	return "ended as " + string(status.Result.Outcome)
}

// lastEvents are the events that end an operation.
var lastEvents = []string{
	"PlayCompleted", "PlayFailed", "PlayCanceled", "RecognizeCompleted", "RecognizeFailed", "RecognizeCanceled",
	"SendDtmfTonesCompleted", "SendDtmfTonesFailed", "AddParticipantSucceeded", "AddParticipantFailed", "CancelAddParticipantSucceeded",
	"RemoveParticipantSucceeded", "RemoveParticipantFailed", "CallTransferAccepted", "CallTransferFailed", "HoldFailed",
}

// toldAction tells whether an action's status says what an event says.
func toldAction(status *v1alpha1.CallActionStatus, e Event) bool {
	return status.Result != nil || !slices.Contains(lastEvents, e.Type)
}

// contentWithin is how long after the end of its call a recording's content may be reported.
const contentWithin = 10*time.Minute + clockTolerance

// stuckAction says what is wrong with the last revision of a CallAction that is still there.
func stuckAction(x *index, r *Revision) []Violation {
	action, status := r.Action, &r.Action.Status
	stuck := func(what, format string) []Violation {
		return []Violation{violation(SilenceIsSurvived, []Step{stepOfRevision(r, what)}, format, action.Name)}
	}
	switch {
	case unresolvedAction(x, status):
		return nil
	case !action.DeletionTimestamp.IsZero():
		return stuck("it was deleted, and is still there", "CallAction %s does not go")
	case status.Result != nil, recordsStill(x, action):
		return nil
	case status.Attempt != nil:
		return stuck("it was sent, and has no result", "CallAction %s stopped half-way")
	case status.Waiting == nil:
		return stuck("it was not sent, and there is nothing that it waits for", "CallAction %s stopped half-way")
	case x.Rest.From.Sub(action.CreationTimestamp.Time) > action.StartingDeadline()+clockTolerance:
		return stuck(fmt.Sprintf("it waits as %s, for more than %s", status.Waiting.Reason, action.StartingDeadline()), "CallAction %s did not expire")
	}
	return nil
}

// unresolvedAction tells whether an action waits for the answer to a request that is repeated, and may.
func unresolvedAction(x *index, status *v1alpha1.CallActionStatus) bool {
	waiting, sent := status.Waiting, status.Attempt
	return status.Result == nil && waiting != nil && waiting.Reason == v1alpha1.ReasonActionUnresolved && sent != nil &&
		x.Rest.To.Sub(sent.FirstSent.Time) < resolvedWithin
}

// recordsStill tells whether an action has started a recording that is not over, or whose content may yet be reported.
func recordsStill(x *index, action *v1alpha1.CallAction) bool {
	status := &action.Status
	if action.Spec.Record == nil || action.Spec.Record.Command != v1alpha1.RecordStart || !status.Accepted || status.Call == nil {
		return false
	}
	c := x.byID[status.Call.ConnectionID]
	return c != nil && (c.closed == nil || x.Rest.To.Sub(c.closed.Time) < contentWithin)
}

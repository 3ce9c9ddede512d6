// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// losses finds events that a receiver acknowledged and that were not in the API server then (invariant 2).
func losses(x *index) []Violation {
	var found []Violation
	for i := range x.Answers {
		a := &x.Answers[i]
		if a.Status/100 != 2 || a.Forged != "" {
			continue
		}
		for _, e := range a.Events {
			if e.Type == "IncomingCall" {
				found = append(found, lostIncoming(x, a, e)...)
				continue
			}
			found = append(found, lostEvent(x, a, e)...)
		}
	}
	return found
}

func lostEvent(x *index, a *Answer, e Event) []Violation {
	if x.steps[e.OperationContext] != nil {
		return lostStep(x, a, e)
	}
	r := at(x.objects[a.UID], a.Current)
	if r == nil || r.Gone || excused(r, e) {
		return nil
	}
	for _, earlier := range x.objects[a.UID] {
		if earlier.Version <= a.Current && told(earlier, e) {
			return nil
		}
	}
	return []Violation{violation(NothingLost, []Step{stepOfRevision(r, "the newest revision when the answer had come"), stepOfAnswer(a)},
		"%s %s was acknowledged, and the API server does not say what it says", e.Type, e.ID)}
}

// excused tells that an event is not about what the newest revision is about: nothing was asked of the service, or the
// event is of another connection.
func excused(newest *Revision, e Event) bool {
	if newest.attempt() == nil {
		return true
	}
	if newest.Action != nil {
		return e.OperationContext != newest.attempt().ID
	}
	if newest.Call == nil {
		return false
	}
	own := newest.Call.Status.ConnectionID
	return own != "" && e.ConnectionID != "" && own != e.ConnectionID
}

// told tells whether a revision says what an event says, or makes it old news. What it says stays true.
func told(r *Revision, e Event) bool {
	switch {
	case r.Call != nil:
		return toldCall(&r.Call.Status, e)
	case r.Move != nil:
		return toldMove(&r.Move.Status, e)
	case r.Action != nil:
		return toldAction(&r.Action.Status, e)
	}
	return true
}

func toldCall(status *v1alpha1.CallStatus, e Event) bool {
	heard := slices.ContainsFunc(status.History, func(known v1alpha1.CallEvent) bool { return known.ID == e.ID })
	if status.Result != nil || heard {
		return true
	}
	switch e.Type {
	case "CallConnected":
		return status.ConnectedTime != nil || status.Ending != nil
	case "ParticipantsUpdated":
		return status.RosterSequence >= e.Sequence
	case "CallDisconnected":
		// A report of the end that is kept makes another one old news.
		return status.ReportedEnd != nil
	case "CreateCallFailed", "AnswerFailed", "ConnectFailed":
		return false
	}
	return true
}

func toldMove(status *v1alpha1.ParticipantMoveStatus, e Event) bool {
	if status.Result != nil || e.Type != "MoveParticipantSucceeded" && e.Type != "MoveParticipantFailed" {
		return true
	}
	return slices.ContainsFunc(status.Participants, func(p v1alpha1.MovedParticipant) bool {
		return p.RawID == e.Participant && p.State != v1alpha1.ParticipantPending
	})
}

func lostIncoming(x *index, a *Answer, e Event) []Violation {
	for _, revisions := range x.revisions(isCall) {
		inbound := revisions[0].Call.Spec.Inbound
		if inbound != nil && inbound.CorrelationID == e.CorrelationID && revisions[0].Version <= a.Current {
			return nil
		}
	}
	return []Violation{violation(NothingLost, []Step{stepOfAnswer(a)}, "the incoming call %s was acknowledged, and there is no Call of it", e.CorrelationID)}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"reflect"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// lateNews finds steps back in the revisions of an object (invariant 3).
func lateNews(x *index) []Violation {
	var found []Violation
	for _, uid := range x.uids {
		revisions := x.objects[uid]
		for i := 1; i < len(revisions); i++ {
			before, after := revisions[i-1], revisions[i]
			for _, fault := range stepsBack(before, after) {
				found = append(found, violation(LateNewsChangesNothing, []Step{stepOfRevision(before, fault.was), stepOfRevision(after, fault.is)}, "%s", fault.says))
			}
		}
		found = append(found, doubled(revisions)...)
	}
	return found
}

// stepBack is something that was known and no longer is.
type stepBack struct{ says, was, is string }

func stepsBack(before, after *Revision) []stepBack {
	switch {
	case before.Call != nil:
		was, is := &before.Call.Status, &after.Call.Status
		return append(callStepsBack(was, is), generationStepsBack(before.Call, after.Call, was.ObservedGeneration, is.ObservedGeneration)...)
	case before.Move != nil:
		was, is := &before.Move.Status, &after.Move.Status
		return append(moveStepsBack(was, is), generationStepsBack(before.Move, after.Move, was.ObservedGeneration, is.ObservedGeneration)...)
	case before.Action != nil:
		was, is := &before.Action.Status, &after.Action.Status
		return append(actionStepsBack(was, is), generationStepsBack(before.Action, after.Action, was.ObservedGeneration, is.ObservedGeneration)...)
	}
	return nil
}

func callStepsBack(was, is *v1alpha1.CallStatus) []stepBack {
	var found []stepBack
	add := func(broken bool, says, before, after string) {
		if broken {
			found = append(found, stepBack{says, before, after})
		}
	}
	is = withoutNewContents(was, is)
	flowEnds := was.Flow != nil && !was.Flow.Over()
	add(was.Result != nil && !reflect.DeepEqual(settled(was, flowEnds), settled(is, flowEnds)), "a status changed that had a result, which is final", outcome(was), outcome(is))
	add(was.Flow != nil && was.Flow.Over() && !reflect.DeepEqual(was.Flow, is.Flow), "a flow changed that had ended", flowOutcome(was), flowOutcome(is))
	found = append(found, flowStepsBack(was.Flow, is.Flow)...)
	add(was.ConnectionID != "" && was.ConnectionID != is.ConnectionID, "the connection ID changed", was.ConnectionID, is.ConnectionID)
	add(was.ConnectionID != "" && attemptID(was.Attempt) != attemptID(is.Attempt), "the attempt changed although it had been carried out", attemptID(was.Attempt), attemptID(is.Attempt))
	add(was.ConnectedTime != nil && is.ConnectedTime == nil, "a connected call is no longer known to have been", string(was.Phase), string(is.Phase))
	add(was.RosterSequence > is.RosterSequence, "an older roster replaced a newer one", "newer roster", "older roster")
	add(rank(was.Phase) > rank(is.Phase), "the phase went back", string(was.Phase), string(is.Phase))
	return found
}

// generationStepsBack finds a status that was written for an older spec than the one before. A status of another object, which a backup
// tool restored, may name a generation that this object does not have yet.
func generationStepsBack(before, after client.Object, was, is int64) []stepBack {
	if was <= is || was > before.GetGeneration() {
		return nil
	}
	return []stepBack{{"the observed generation went back", fmt.Sprintf("generation %d", was), fmt.Sprintf("generation %d of %d", is, after.GetGeneration())}}
}

// settled is what of a status with a result may not change any more: all of it but which generation it speaks of and, while the flow has not
// ended, the flow and the events about it.
func settled(status *v1alpha1.CallStatus, flowEnds bool) *v1alpha1.CallStatus {
	copied := status.DeepCopy()
	copied.ObservedGeneration = 0
	if flowEnds {
		copied.Flow, copied.History = nil, nil
		apimeta.RemoveStatusCondition(&copied.Conditions, v1alpha1.ConditionFlowEnded)
	}
	for i := range copied.Conditions {
		copied.Conditions[i].ObservedGeneration = 0
	}
	return copied
}

// withoutNewContents leaves out where the contents of recordings are that were not known before: they are stored after the end of a call.
func withoutNewContents(was, is *v1alpha1.CallStatus) *v1alpha1.CallStatus {
	if was.Flow == nil || is.Flow == nil || len(was.Flow.Recordings) != len(is.Flow.Recordings) {
		return is
	}
	copied := is.DeepCopy()
	for i := range copied.Flow.Recordings {
		if len(was.Flow.Recordings[i].ContentLocations) == 0 {
			copied.Flow.Recordings[i].ContentLocations = nil
		}
	}
	return copied
}

func flowOutcome(status *v1alpha1.CallStatus) string {
	if status.Flow == nil {
		return "no flow"
	}
	return status.Flow.Outcome
}

// rank orders the phases from which there is no way back; before a call is connected, it may be tried again.
func rank(phase v1alpha1.CallPhase) int {
	switch phase {
	case v1alpha1.CallPhaseConnected:
		return 1
	case v1alpha1.CallPhaseEnding:
		return 2
	case v1alpha1.CallPhaseEnded:
		return 3
	}
	return 0
}

func outcome(status *v1alpha1.CallStatus) string {
	if status.Result == nil {
		return "no result"
	}
	return "ended as " + string(status.Result.Outcome)
}

func attemptID(attempt *v1alpha1.RequestAttempt) string {
	if attempt == nil {
		return ""
	}
	return attempt.ID
}

func moveStepsBack(was, is *v1alpha1.ParticipantMoveStatus) []stepBack {
	var found []stepBack
	if was.Result != nil && (is.Result == nil || *was.Result != *is.Result) {
		found = append(found, stepBack{"a result changed, which is final", string(was.Result.Outcome), ""})
	}
	if was.Accepted && (!is.Accepted || attemptID(was.Attempt) != attemptID(is.Attempt)) {
		found = append(found, stepBack{"what the service had taken was tried anew", attemptID(was.Attempt), attemptID(is.Attempt)})
	}
	for _, p := range was.Participants {
		if p.State == v1alpha1.ParticipantPending {
			continue
		}
		for _, q := range is.Participants {
			if p.RawID == q.RawID && p.State != q.State {
				found = append(found, stepBack{"what became of a participant changed", string(p.State), string(q.State)})
			}
		}
	}
	return found
}

// doubled finds an event that changed a Call twice.
func doubled(revisions []*Revision) []Violation {
	for _, r := range revisions {
		if r.Call == nil {
			return nil
		}
		seen := map[string]bool{}
		for _, event := range r.Call.Status.History {
			if seen[event.ID] {
				return []Violation{violation(LateNewsChangesNothing, []Step{stepOfRevision(r, event.Type+" "+event.ID+" is in the history twice")}, "one event changed a Call twice")}
			}
			seen[event.ID] = true
		}
	}
	return nil
}

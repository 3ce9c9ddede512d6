// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// silence finds objects that did not reach their right end, though the run was brought to rest (invariant 4).
func silence(x *index) []Violation {
	if x.Rest == nil {
		return nil
	}
	var found []Violation
	for _, revisions := range x.revisions(isCall) {
		if r := last(revisions); !r.Gone {
			found = append(found, append(stuckCall(x, r), stuckFlow(r)...)...)
		}
	}
	for _, revisions := range x.revisions(isMove) {
		r := last(revisions)
		if !r.Gone && r.Move.Status.Result == nil && r.Move.Status.Waiting == nil {
			found = append(found, violation(SilenceIsSurvived, []Step{stepOfRevision(r, "no result, and nothing that it waits for")}, "ParticipantMove %s stopped half-way", r.Move.Name))
		}
	}
	for _, revisions := range x.revisions(isAction) {
		if r := last(revisions); !r.Gone {
			found = append(found, stuckAction(x, r)...)
		}
	}
	return found
}

// stuckCall says what is wrong with the last revision of a Call that is still there.
func stuckCall(x *index, r *Revision) []Violation {
	status := &r.Call.Status
	own := x.byID[status.ConnectionID]
	switch {
	case resolving(x, status):
		return nil
	case !r.Call.DeletionTimestamp.IsZero():
		return []Violation{violation(SilenceIsSurvived, []Step{stepOfRevision(r, "it was deleted, and is still there")}, "Call %s does not go", r.Call.Name)}
	case status.Result != nil:
		return nil
	case own != nil && own.closed != nil:
		return []Violation{violation(SilenceIsSurvived, []Step{stepOfEntry(own.closed), stepOfRevision(r, "phase "+string(status.Phase))}, "the call of %s is over, and its Call does not say so", r.Call.Name)}
	case r.Call.Spec.State == v1alpha1.CallStateEnded:
		return []Violation{violation(SilenceIsSurvived, []Step{stepOfRevision(r, "spec.state is Ended, phase "+string(status.Phase))}, "Call %s was to be ended and was not", r.Call.Name)}
	case own == nil && status.Waiting == nil:
		return []Violation{violation(SilenceIsSurvived, []Step{stepOfRevision(r, "not placed, and nothing that it waits for")}, "Call %s stopped half-way", r.Call.Name)}
	}
	return nil
}

// resolvedWithin is how long it may take until a request whose answer was lost, and which is not repeated, is given up.
const resolvedWithin = 4*time.Minute + clockTolerance

// resolving tells whether a Call waits for news of a request whose answer was lost, and may.
func resolving(x *index, status *v1alpha1.CallStatus) bool {
	waiting, sent := status.Waiting, status.Attempt
	return status.Result == nil && waiting != nil && waiting.Reason == v1alpha1.ReasonDialUnresolved && sent != nil &&
		x.Rest.To.Sub(sent.FirstSent.Time) < resolvedWithin
}

// orphans finds live calls at the service without a Call, although the run has reached a steady state (invariant 5).
// A Call that ended as OutcomeUnknown says that its call may still be active.
func orphans(x *index) []Violation {
	if x.Rest == nil {
		return nil
	}
	var found []Violation
	for _, c := range x.connections {
		if c.closed != nil {
			continue
		}
		steps := []Step{stepOfEntry(c.opened)}
		intent := x.intents[c.opened.RepeatabilityID]
		if intent == nil || intent.Call == nil {
			found = append(found, violation(NoOrphans, steps, "connection %s lives, and no Call asked for it", c.id))
			continue
		}
		owner := last(x.objects[intent.Call.UID])
		result := owner.Call.Status.Result
		if result != nil && result.Outcome == v1alpha1.OutcomeUnknown {
			continue
		}
		if owner.Gone || result != nil {
			steps = append(steps, stepOfRevision(owner, outcome(&owner.Call.Status)))
			found = append(found, violation(NoOrphans, steps, "connection %s lives on after its Call %s", c.id, owner.Call.Name))
		}
	}
	return found
}

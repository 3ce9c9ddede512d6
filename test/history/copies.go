// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/restored"
)

// restoredRings finds restored objects for which the service carried something out (invariant 1).
func restoredRings(x *index) []Violation {
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		intent := x.intents[attemptOf(e)]
		if intent == nil || !hadEffect(e) || !slices.Contains(onceOnly, e.Operation) {
			continue
		}
		kind, object := intent.object()
		if tool, _ := restored.By(object); tool != "" {
			steps := []Step{stepOfRevision(intent, "restored by "+tool), stepOfEntry(e)}
			found = append(found, violation(OneRing, steps, "%s %s was restored, and %s was carried out for it", kind, object.GetName(), e.Operation))
		}
	}
	return found
}

// isCopy tells whether a Call is a restored copy, or has the attempt of another object.
func isCopy(r *Revision) bool {
	tool, _ := restored.By(r.Call)
	return tool != "" || attempt.Copied(r.Call, r.Call.Status.Attempt)
}

// unaskedHangUps finds live calls that were hung up although their Calls should stay active
// (invariant 5).
func unaskedHangUps(x *index) []Violation {
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		c := x.byID[e.ConnectionID]
		if e.Operation != "terminateCall" || !hadEffect(e) || c == nil {
			continue
		}
		intent := x.intents[c.opened.RepeatabilityID]
		if intent == nil || intent.Call == nil {
			continue
		}
		revisions := x.objects[intent.Call.UID]
		if !slices.ContainsFunc(revisions, endsCall) {
			steps := []Step{stepOfRevision(last(revisions), "nobody asked for its end"), stepOfEntry(e)}
			found = append(found, violation(NoOrphans, steps, "connection %s was hung up, and Call %s did not ask for it", c.id, intent.Call.Name))
		}
	}
	return found
}

// endsCall tells whether a revision of a Call asks for its end, or says that it is hung up or over.
func endsCall(r *Revision) bool {
	return r.Gone || !r.Call.DeletionTimestamp.IsZero() || r.Call.Spec.State == v1alpha1.CallStateEnded || r.Call.Status.Ending != nil || r.Call.Status.Result != nil
}

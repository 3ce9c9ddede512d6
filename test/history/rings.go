// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"

	"github.com/call-operator/call-operator/simulator"
)

// onceOnly are the operations that may have their effect once for each object that asks for them.
var onceOnly = []string{"createCall", "answerCall", "redirectCall", "rejectCall", "moveParticipants"}

// rings finds requests that had their effect more than once for one intent (invariant 1).
func rings(x *index) []Violation {
	found := repeatedEffects(x)
	found = append(found, secondAttempts(x)...)
	return append(found, secondRings(x)...)
}

// repeatedEffects finds effects that no intent was written for, or that one intent had twice.
func repeatedEffects(x *index) []Violation {
	var found []Violation
	first := map[string]*simulator.Entry{}
	for i := range x.Journal {
		e := &x.Journal[i]
		if !hadEffect(e) || !slices.Contains(onceOnly, e.Operation) {
			continue
		}
		earlier := first[e.RepeatabilityID]
		switch {
		case e.RepeatabilityID == "":
			found = append(found, violation(OneRing, []Step{stepOfEntry(e)}, "%s was sent without a Repeatability-Request-ID, so that no repetition of it would be known", e.Operation))
		case earlier != nil:
			found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "attempt %s had its effect twice", e.RepeatabilityID))
		case x.intents[e.RepeatabilityID] == nil && !x.steps[e.RepeatabilityID]:
			found = append(found, violation(OneRing, []Step{stepOfEntry(e)}, "%s had its effect, and its attempt %s is in no revision of any object", e.Operation, e.RepeatabilityID))
		default:
			first[e.RepeatabilityID] = e
		}
	}
	return found
}

// secondAttempts finds objects with two attempts that took effect.
func secondAttempts(x *index) []Violation {
	type effect struct {
		entry  *simulator.Entry
		intent *Revision
	}
	var found []Violation
	first := map[string]effect{}
	for i := range x.Journal {
		e := &x.Journal[i]
		intent := x.intents[e.RepeatabilityID]
		if !hadEffect(e) || !slices.Contains(onceOnly, e.Operation) || intent == nil {
			continue
		}
		kind, object := intent.object()
		uid := string(object.GetUID())
		earlier, ok := first[uid]
		if !ok {
			first[uid] = effect{e, intent}
			continue
		}
		if earlier.entry.RepeatabilityID == e.RepeatabilityID {
			continue // told by repeatedEffects
		}
		found = append(found, violation(OneRing, []Step{
			stepOfRevision(earlier.intent, "attempt "+earlier.entry.RepeatabilityID), stepOfEntry(earlier.entry),
			stepOfRevision(intent, "attempt "+e.RepeatabilityID), stepOfEntry(e),
		}, "%s %s had two attempts carried out", kind, object.GetName()))
	}
	return found
}

// secondRings finds phones that rang twice in one call.
func secondRings(x *index) []Violation {
	type ring struct{ phone, call string }
	var found []Violation
	first := map[ring]*simulator.Entry{}
	for i := range x.Journal {
		e := &x.Journal[i]
		if e.Kind != simulator.EntryRing {
			continue
		}
		key := ring{e.Phone, e.CorrelationID}
		if earlier := first[key]; earlier != nil {
			found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "%s rang twice in one call", e.Phone))
			continue
		}
		first[key] = e
	}
	return found
}

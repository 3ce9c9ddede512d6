// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"slices"

	"github.com/call-operator/call-operator/simulator"
)

// onceOnly are the operations that may have their effect once for each object that asks for them.
var onceOnly = []string{
	"createCall", "answerCall", "redirectCall", "rejectCall", "moveParticipants",
	"play", "recognize", "sendDtmfTones", "addParticipant", "removeParticipant", "transferToParticipant", "startRecording",
}

// withoutHeaders are those of them that the service does not recognise when they are repeated.
var withoutHeaders = []string{"play", "recognize"}

// attemptOf is the ID of the attempt that a request belongs to, "" if it has none.
func attemptOf(e *simulator.Entry) string {
	if slices.Contains(withoutHeaders, e.Operation) {
		return e.OperationContext
	}
	return e.RepeatabilityID
}

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
		id := attemptOf(e)
		earlier := first[id]
		switch {
		case id == "":
			found = append(found, violation(OneRing, []Step{stepOfEntry(e)}, "%s was sent without a Repeatability-Request-ID, so that no repetition of it would be known", e.Operation))
		case earlier != nil:
			found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "attempt %s had its effect twice", id))
		case x.intents[id] == nil && x.steps[id] == nil:
			found = append(found, violation(OneRing, []Step{stepOfEntry(e)}, "%s had its effect, and its attempt %s is in no revision of any object", e.Operation, id))
		default:
			first[id] = e
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
		id := attemptOf(e)
		intent := x.intents[id]
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
		if attemptOf(earlier.entry) == id {
			continue // told by repeatedEffects
		}
		found = append(found, violation(OneRing, []Step{
			stepOfRevision(earlier.intent, "attempt "+attemptOf(earlier.entry)), stepOfEntry(earlier.entry),
			stepOfRevision(intent, "attempt "+id), stepOfEntry(e),
		}, "%s %s had two attempts carried out", kind, object.GetName()))
	}
	return found
}

// secondRings finds phones that rang twice in one call, or for one CallAction that adds a participant.
func secondRings(x *index) []Violation {
	type ring struct{ phone, call, action string }
	var found []Violation
	first := map[ring]*simulator.Entry{}
	for i := range x.Journal {
		e := &x.Journal[i]
		if e.Kind != simulator.EntryRing {
			continue
		}
		key := ring{phone: e.Phone, call: e.CorrelationID}
		if intent := x.intents[e.OperationContext]; intent != nil && intent.Action != nil {
			key = ring{phone: e.Phone, action: string(intent.Action.UID)}
		}
		if earlier := first[key]; earlier != nil {
			found = append(found, violation(OneRing, []Step{stepOfEntry(earlier), stepOfEntry(e)}, "%s rang twice%s", e.Phone, inOrFor(x, e)))
			continue
		}
		first[key] = e
	}
	return found
}

// inOrFor says for which CallAction a phone rang, or that it was in one call.
func inOrFor(x *index, e *simulator.Entry) string {
	if intent := x.intents[e.OperationContext]; intent != nil && intent.Action != nil {
		return " for CallAction " + intent.Action.Name
	}
	return " in one call"
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

// Fact is something that became known about an operation.
type Fact interface {
	// apply changes a status that has no result yet.
	apply(status operation)
	// at is when the fact became known.
	at() time.Time
}

// operation is the status of one kind of operation: what a fact means to that kind only.
type operation interface {
	// common are the fields that every kind has.
	common() *v1alpha1.OperationStatus
	// begin records what the request asks for, and withdraw that it asks for nothing any more.
	begin(request Intended)
	withdraw()
	// begun records the service's ID of what the request has begun, "" if it has none.
	begun(handle string)
	// refuse records the codes of a refusal.
	refuse(code, subCode int)
	// see and report record what rosters or an event show, and end the operation when that is everything.
	see(rosters Seen)
	report(event Reported)
	// complete records that everything that is still open was done, and abandon that it will never be known.
	complete(at time.Time)
	abandon(at time.Time)
	// end ends the operation.
	end(how ending, message string, at time.Time)
	// result is how it ended, nil before that.
	result() *result
	// setPhase derives the phase.
	setPhase()
	words() words
}

// ending is how an operation ended that did not end by what the service reported.
type ending int

const (
	endedFailed ending = iota
	endedTimedOut
	endedCopied
	endedUnknown
	endedWithCall
)

// result is how an operation ended.
type result struct {
	outcome, message string
	// good says that everything was done that was asked for.
	good bool
}

// words are what people read about one kind of operation.
type words struct {
	// running and unresolved are the reasons while it is carried out, and while it is unknown whether the service accepted it.
	running, unresolved string
	// pending, begun and underWay are sentences: before the request, when it is sent, and after that.
	pending, begun, underWay string
	// action is what is done, in CamelCase.
	action string
	// copied and restored say what became of an object that is the copy of another one; restored takes a tool and its mark.
	copied, restored string
}

// apply returns a status of the type S after the facts, in their order. It does not change before. An outdated fact leaves the status
// unchanged.
func apply[S any, P statemachine.Status[S]](before S, as func(*S) operation, facts []Fact) S {
	return statemachine.Apply[S, Fact, P](before, statemachine.Rules[S, Fact]{
		Apply: func(fact Fact, status *S) { fact.apply(as(status)) },
		Known: Fact.at,
		Derive: func(status *S, known time.Time) {
			as(status).setPhase()
			setConditions(as(status), known)
		},
	}, facts...)
}

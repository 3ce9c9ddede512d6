// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// callName is the Call of a World that has one.
const callName = "call"

// life is what may happen to a Call from its creation to its end.
type life struct {
	name, reason string
	// phone is what the callee does.
	phone harness.Script
	spec  func(*v1alpha1.CallSpec)
	// faults stand between the manager and ACS.
	faults func(*harness.Faults)
	// drive does what people do to the Call meanwhile.
	drive func(t *testing.T, w *harness.World)
	// outcomes are how it may end; gone says that the object is gone then.
	outcomes []v1alpha1.CallOutcome
	gone     bool
	// rings is how often the phone is to ring.
	rings int
}

func briefly() harness.Script {
	return harness.Script{AnswerAfter: 20 * time.Millisecond, HangUpAfter: 100 * time.Millisecond}
}

func forLong() harness.Script { return harness.Script{AnswerAfter: 20 * time.Millisecond} }

func ringTimeout(d time.Duration) func(*v1alpha1.CallSpec) {
	return func(spec *v1alpha1.CallSpec) { spec.RingTimeout = &metav1.Duration{Duration: d} }
}

func only(outcomes ...v1alpha1.CallOutcome) []v1alpha1.CallOutcome { return outcomes }

func lives() []life {
	return []life{
		{
			name: "answered", reason: "the ordinary life: answered, and hung up by the far end",
			phone: briefly(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1,
		},
		{
			name: "hungUp", reason: "spec.state Ended hangs up a connected call and keeps the record",
			phone: forLong(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1,
			drive: func(t *testing.T, w *harness.World) {
				w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
				w.HangUp(t, callName)
			},
		},
		{
			name: "deleted", reason: "deleting a connected call hangs up first",
			phone: forLong(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1, gone: true,
			drive: func(t *testing.T, w *harness.World) {
				w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
				w.Delete(t, callName)
			},
		},
		{
			name: "cancelled", reason: "spec.state Ended stops a phone that rings",
			phone: harness.Script{NoAnswer: true}, outcomes: only(v1alpha1.OutcomeCancelled), rings: 1,
			drive: func(t *testing.T, w *harness.World) {
				w.Await(t, callName, "it rings", placed)
				w.HangUp(t, callName)
			},
		},
		{
			name: "busy", reason: "a busy callee ends the Call as Busy, and nothing tries again",
			phone: harness.Script{Busy: true}, outcomes: only(v1alpha1.OutcomeBusy), rings: 1,
		},
		{
			name: "ringTimeout", reason: "nobody answers within spec.ringTimeout",
			phone: harness.Script{NoAnswer: true}, spec: ringTimeout(time.Second),
			outcomes: only(v1alpha1.OutcomeNoAnswer), rings: 1,
		},
		{
			name: "expired", reason: "the record goes when its time is over",
			phone: briefly(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1, gone: true,
			spec: func(spec *v1alpha1.CallSpec) { spec.TTLSecondsAfterFinished = ptr.To[int32](1) },
		},
		{
			name: "throttled", reason: "a request that ACS refused to take is sent again as a new attempt",
			phone: briefly(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1,
			faults: func(f *harness.Faults) {
				f.On("createCall", harness.Repeat(triesOfOneCall, &harness.Fault{Status: 429})...)
			},
		},
		{
			name: "answerLost", reason: "a request whose answers are lost is repeated as the same attempt",
			phone: briefly(), outcomes: only(v1alpha1.OutcomeCompleted), rings: 1,
			faults: func(f *harness.Faults) {
				f.On("createCall", &harness.Fault{AfterEffect: true})
			},
		},
	}
}

// triesOfOneCall is how often the client tries one request that was refused before its caller hears of it. One whose answer was
// lost it tries once.
const triesOfOneCall = 3

func placed(call *v1alpha1.Call) bool { return call.Status.ConnectionID != "" }

func ended(call *v1alpha1.Call) bool { return call.Status.Result != nil }

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

const (
	silence    = pauses.Silence
	afterCall  = pauses.AfterCall
	rosterPoll = pauses.RosterPoll

	// recheck is how often it is checked whether the service can be reached.
	recheck = 5 * time.Second
)

// action is the next action for the flow of a Call. Its text is part of the name of a span.
type action string

const (
	// actionWait does nothing until decision.after has passed or an event arrives.
	actionWait action = "wait"
	// actionAdvance goes to the next step.
	actionAdvance action = "advance"
	// actionSend sends the request of the step that the call is at, which was not sent or had no effect.
	actionSend action = "send"
	// actionRepeat repeats the request of the step, with the same ID.
	actionRepeat action = "repeat"
	// actionPollRoster polls the roster that shows whether the step is done.
	actionPollRoster action = "pollRoster"
	// actionGiveUp ends a step whose result can no longer be known.
	actionGiveUp action = "giveUp"
	// actionTimeOut ends a flow that takes too long.
	actionTimeOut action = "timeOut"
	// actionEndMissing ends a flow that does not exist any more.
	actionEndMissing action = "endMissing"
	// actionEndCopy ends the flow of a copied Call.
	actionEndCopy action = "endCopy"
)

// observation is the input of decide.
type observation struct {
	call *v1alpha1.Call
	// flow is the CallFlow as it is now, nil if there is none.
	flow *v1alpha1.CallFlow
	now  time.Time

	// over says that the call has ended, whether or not that was reported.
	over bool
	// accepted says that this process knows that the service has accepted the step's request, and unsent that it recorded the request and
	// has not sent it.
	accepted, unsent bool
	// lastLook is when the roster was last polled, and nextRepeat when an unresolved request may be repeated.
	lastLook, nextRepeat time.Time
	// poll is how often the roster is polled, with jitter.
	poll time.Duration
}

// decision is the next action, and when to requeue.
type decision struct {
	action action
	after  time.Duration
}

func wait(d time.Duration) decision { return decision{action: actionWait, after: max(d, 0)} }

func act(a action) decision { return decision{action: a} }

// decide returns the next action for the flow of a Call.
func decide(o observation) decision {
	status := &o.call.Status
	switch progress := status.Flow; {
	case progress == nil || progress.Over():
		return wait(0)
	case status.Result != nil:
		return decideOver(o)
	case attempt.Copied(o.call, status.Attempt), status.ConnectedTime == nil, status.Ending != nil, !o.call.DeletionTimestamp.IsZero():
		// The end of the call, or of its hang-up, ends the flow.
		return wait(0)
	case o.flow == nil && (progress.Attempt == nil || progress.Result != nil):
		return act(actionEndMissing)
	case progress.Step == "" || progress.Result != nil:
		return act(actionAdvance)
	case !o.now.Before(o.deadline()):
		return act(actionTimeOut)
	case progress.Attempt != nil:
		return decideSent(o)
	default:
		return decideUnsent(o)
	}
}

// decideOver ends the flow of a call that is over, once its last reports have arrived.
func decideOver(o observation) decision {
	progress := o.call.Status.Flow
	if attempt.Copied(o.call, o.call.Status.Attempt) {
		return act(actionEndCopy)
	}
	if o.flow == nil {
		return act(actionEndMissing)
	}
	if left := endHeard(o.call).Add(afterCall).Sub(o.now); progress.Attempt != nil && progress.Result == nil && left > 0 {
		return wait(left)
	}
	return act(actionAdvance)
}

// endHeard is when this operator learned that the call is over: the service's clock may be wrong.
func endHeard(call *v1alpha1.Call) time.Time {
	if ended := apimeta.FindStatusCondition(call.Status.Conditions, v1alpha1.ConditionEnded); ended != nil {
		return ended.LastTransitionTime.Time
	}
	return call.Status.Result.EndTime.Time
}

// decideUnsent waits as long as a step says, or sends the request of a step that was not sent.
func decideUnsent(o observation) decision {
	progress := o.call.Status.Flow
	deadline := callflow.Deadline(o.flow, progress)
	step := o.flow.Spec.Step(progress.Step)
	switch waiting := progress.Waiting; {
	case step != nil && step.Wait != nil:
		over := progress.StepTime.Add(time.Duration(step.Wait.Seconds) * time.Second)
		if !o.now.Before(over) {
			return act(actionAdvance)
		}
		return wait(earlier(over, deadline).Sub(o.now))
	case progress.Does == "wait":
		// It was changed or removed meanwhile.
		return act(actionAdvance)
	case waiting != nil && waiting.RetryTime != nil && waiting.RetryTime.After(o.now):
		return wait(earlier(waiting.RetryTime.Time, deadline).Sub(o.now))
	default:
		return act(actionSend)
	}
}

// decideSent determines the result of a step whose request was sent.
func decideSent(o observation) decision {
	progress := o.call.Status.Flow
	sent := progress.Attempt.FirstSent.Time
	traits := o.traits()
	windowEnd := sent.Add(attempt.RepeatabilityWindow)
	repeats := (traits.Repeats || o.unsent) && o.unchanged() && o.now.Before(windowEnd)
	switch {
	case o.accepted:
		return o.await(o.deadline(), traits)
	case repeats && o.now.Before(o.nextRepeat):
		return wait(o.nextRepeat.Sub(o.now))
	case repeats:
		return act(actionRepeat)
	case traits.Repeats:
		return o.await(windowEnd.Add(silence), traits)
	case operationstatus.Repeated(progress.Attempt, progress.Waiting):
		return o.await(sent.Add(silence), traits)
	default:
		return o.await(sent.Add(silence+o.length()), traits)
	}
}

// await waits for a report until a time, and polls the roster meanwhile if it shows anything.
func (o observation) await(until time.Time, traits calloperation.Traits) decision {
	lookDue := o.lastLook.Add(o.poll)
	switch {
	case !o.accepted && !o.now.Before(until):
		return act(actionGiveUp)
	case traits.InRoster && !o.now.Before(lookDue):
		return act(actionPollRoster)
	case traits.InRoster:
		until = earlier(until, lookDue)
	}
	return wait(max(earlier(until, o.deadline()).Sub(o.now), time.Millisecond))
}

const (
	// readPerSecond is how many characters of a text are read in a second, at least.
	readPerSecond = 8
	// lengthOfFile is how long a file to play is taken to be, since that is not known.
	lengthOfFile = time.Minute
	// initialSilence and interTone are what the API server sets by default.
	initialSilence = 5 * time.Second
	interTone      = 2 * time.Second
)

// length is how long the step's operation takes at most, about: another process may have sent its request and have had the answer.
func (o observation) length() time.Duration {
	if !o.unchanged() {
		return lengthOfFile
	}
	step := o.flow.Spec.Step(o.call.Status.Flow.Step)
	switch {
	case step == nil:
		return lengthOfFile
	case step.Play != nil:
		return lengthOf(&step.Play.Prompt)
	case step.Recognize != nil:
		return lengthOf(step.Recognize.Prompt) + lengthOfAnswer(step.Recognize)
	default:
		return 0
	}
}

func lengthOf(prompt *v1alpha1.Prompt) time.Duration {
	switch {
	case prompt == nil:
		return 0
	case prompt.File != "":
		return lengthOfFile
	default:
		return time.Duration(len(prompt.Text)+len(prompt.SSML)) * time.Second / readPerSecond
	}
}

func lengthOfAnswer(asked *v1alpha1.RecognizeOperation) time.Duration {
	length := initialSilence
	if given := asked.InitialSilenceTimeoutSeconds; given != nil {
		length = time.Duration(*given) * time.Second
	}
	if keys := asked.Tones; keys != nil {
		pause, most := interTone, int32(1)
		if keys.InterToneTimeoutSeconds != nil {
			pause = time.Duration(*keys.InterToneTimeoutSeconds) * time.Second
		}
		if keys.Max != nil {
			most = *keys.Max
		}
		length += time.Duration(most) * pause
	}
	return length
}

// unchanged tells whether the flow is as it was when the step began, so that a repeated request would be the same.
func (o observation) unchanged() bool {
	return o.flow != nil && o.flow.Generation == o.call.Status.Flow.Generation
}

// deadline is when the flow is over: by default, if it does not exist any more.
func (o observation) deadline() time.Time {
	if o.flow == nil {
		return callflow.Deadline(&v1alpha1.CallFlow{}, o.call.Status.Flow)
	}
	return callflow.Deadline(o.flow, o.call.Status.Flow)
}

// traits are those of the step's operation.
func (o observation) traits() calloperation.Traits {
	progress := o.call.Status.Flow
	if progress.To != nil {
		// It moves somebody.
		return calloperation.Traits{Repeats: true, InRoster: true}
	}
	if o.unchanged() {
		if step := o.flow.Spec.Step(progress.Step); step != nil && step.Operation() != nil {
			return calloperation.TraitsOf(step.Operation())
		}
	}
	return calloperation.Traits{}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// FlowMoved says how far the call has come in its flow. It is for calls that are over as well: their flow ends after them.
type FlowMoved struct {
	Progress v1alpha1.FlowProgress
	At       time.Time
}

func (f FlowMoved) at() time.Time { return f.At }

// AppliesAfterEnd implements statemachine.Late.
func (FlowMoved) AppliesAfterEnd() bool { return true }

func (f FlowMoved) apply(status *v1alpha1.CallStatus) {
	if runningFlow(status) != nil {
		status.Flow = f.Progress.DeepCopy()
	}
}

// runningFlow is the flow of a call, nil if there is none or if it has ended.
func runningFlow(status *v1alpha1.CallStatus) *v1alpha1.FlowProgress {
	if status.Flow == nil || status.Flow.Over() {
		return nil
	}
	return status.Flow
}

// sentStep is the flow of a call whose step has sent the request of an attempt and has no result, nil if that is not so.
func sentStep(status *v1alpha1.CallStatus, id string) *v1alpha1.FlowProgress {
	flow := runningFlow(status)
	if flow == nil || flow.Attempt == nil || flow.Attempt.ID != id || flow.Result != nil {
		return nil
	}
	return flow
}

// StepIntended says that the request of the flow's step is about to be sent for the first time.
type StepIntended struct {
	// ID is the Repeatability-Request-ID.
	ID   string
	Pins attempt.Pins
	// Participant is the raw ID of who the request is about, and To the Call that they are moved into.
	Participant string
	To          *v1alpha1.OperatedCall
	// At is the Repeatability-First-Sent.
	At time.Time
}

func (f StepIntended) at() time.Time { return f.At }

func (f StepIntended) apply(status *v1alpha1.CallStatus) {
	flow := runningFlow(status)
	if flow == nil || flow.Attempt != nil {
		// An attempt that may have had an effect is not discarded.
		return
	}
	if flow.Waiting != nil && flow.Waiting.RetryTime == nil {
		flow.Waiting = nil
	}
	flow.Attempt = &v1alpha1.RequestAttempt{ID: f.ID, FirstSent: statemachine.Timestamp(f.At)}
	f.Pins.FillIn(flow.Attempt)
	flow.Participant, flow.To = f.Participant, f.To.DeepCopy()
}

// StepCommitted says that the request of a step is about to pass the point of no return.
type StepCommitted struct {
	ID string
	At time.Time
}

func (f StepCommitted) at() time.Time { return f.At }

func (f StepCommitted) apply(status *v1alpha1.CallStatus) {
	if flow := sentStep(status, f.ID); flow != nil {
		statemachine.Commit(flow.Attempt, f.At)
	}
}

// StepWaits says that the request of a step cannot be sent yet.
type StepWaits struct {
	Reason, Message string
	// Retry is when it is tried again; zero if it is sent as soon as the cause is gone.
	Retry time.Time
	At    time.Time
}

func (f StepWaits) at() time.Time { return f.At }

func (f StepWaits) apply(status *v1alpha1.CallStatus) {
	if flow := runningFlow(status); flow != nil && flow.Attempt == nil {
		operationstatus.Waits(f).SetIn(&flow.Waiting)
	}
}

// StepNotSent says that the request of a step is known to have had no effect, and that a later one may.
type StepNotSent struct {
	ID              string
	Reason, Message string
	// Retry is when it is tried again.
	Retry time.Time
	At    time.Time
}

func (f StepNotSent) at() time.Time { return f.At }

func (f StepNotSent) apply(status *v1alpha1.CallStatus) {
	flow := sentStep(status, f.ID)
	if flow == nil || repeated(flow) {
		return
	}
	flow.Attempt, flow.Participant, flow.To = nil, "", nil
	operationstatus.Waits{Reason: f.Reason, Message: f.Message, Retry: f.Retry, At: f.At}.SetIn(&flow.Waiting)
}

// repeated tells whether the request of a flow's step may have been sent more than once.
func repeated(flow *v1alpha1.FlowProgress) bool {
	return operationstatus.Repeated(flow.Attempt, flow.Waiting)
}

// StepUnresolved says that it is not known yet whether the service accepted the request of a step. It is written before the request is
// repeated.
type StepUnresolved struct {
	ID, Message string
	// Reason is unset for ReasonStepUnresolved.
	Reason string
	At     time.Time
}

func (f StepUnresolved) at() time.Time { return f.At }

func (f StepUnresolved) apply(status *v1alpha1.CallStatus) {
	if flow := sentStep(status, f.ID); flow != nil {
		reason := f.Reason
		if reason == "" {
			reason = v1alpha1.ReasonStepUnresolved
		}
		operationstatus.Waits{Reason: reason, Message: f.Message, At: f.At}.SetIn(&flow.Waiting)
	}
}

// StepAdopted completes the attempt of a step.
type StepAdopted struct {
	Pins attempt.Pins
	At   time.Time
}

func (f StepAdopted) at() time.Time { return f.At }

func (f StepAdopted) apply(status *v1alpha1.CallStatus) {
	if flow := runningFlow(status); flow != nil {
		f.Pins.FillIn(flow.Attempt)
	}
}

// StepAccepted says that the service has accepted the request of a step. By itself that changes nothing: an event will tell the rest.
type StepAccepted struct {
	ID string
	// Done says that the request has taken full effect, and that no event will say so.
	Done bool
	// Handle is the service's ID of what the request has begun.
	Handle string
	At     time.Time
}

func (f StepAccepted) at() time.Time { return f.At }

func (f StepAccepted) apply(status *v1alpha1.CallStatus) {
	flow := sentStep(status, f.ID)
	if flow == nil {
		return
	}
	if recorded(flow, f.Handle) || f.Done {
		flow.Result = &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted}
	}
}

// recorded keeps the ID of a recording that the step has started, and tells whether it has: the flow continues while it runs.
func recorded(flow *v1alpha1.FlowProgress, handle string) bool {
	if flow.Does != string(v1alpha1.OperationRecord) || handle == "" {
		return false
	}
	if recordingOf(flow, handle) == nil {
		flow.Recordings = append(flow.Recordings, v1alpha1.FlowRecording{ID: handle})
		flow.Recordings = flow.Recordings[max(len(flow.Recordings)-v1alpha1.MaxFlowRecordings, 0):]
	}
	return true
}

// recordingOf finds a recording that the flow has started, nil if it has not.
func recordingOf(flow *v1alpha1.FlowProgress, handle string) *v1alpha1.FlowRecording {
	at := slices.IndexFunc(flow.Recordings, func(started v1alpha1.FlowRecording) bool { return started.ID == handle })
	if at < 0 {
		return nil
	}
	return &flow.Recordings[at]
}

// reportFiles records where the contents of a recording are, which may be after the end of the flow and of the call.
func (f Reported) reportFiles(status *v1alpha1.CallStatus) {
	news, ok := f.Event.News.(telephony.OperationReported)
	if !ok || len(news.Files) == 0 || status.Flow == nil {
		return
	}
	recording := recordingOf(status.Flow, news.Handle)
	if recording == nil {
		return
	}
	recording.ContentLocations = nil
	for _, file := range news.Files[:min(len(news.Files), v1alpha1.MaxFlowRecordingFiles)] {
		recording.ContentLocations = append(recording.ContentLocations, file.ContentLocation)
	}
}

// StepEnded says how the step of an attempt ended, other than by the service's report.
type StepEnded struct {
	ID            string
	Outcome       v1alpha1.ActionOutcome
	Code, SubCode int
	Message       string
	// Refused says that the service refused the request, which counts only if it was sent once.
	Refused bool
	At      time.Time
}

func (f StepEnded) at() time.Time { return f.At }

func (f StepEnded) apply(status *v1alpha1.CallStatus) {
	flow := sentStep(status, f.ID)
	if flow == nil || f.Refused && repeated(flow) {
		return
	}
	flow.Result = &v1alpha1.StepResult{
		Outcome: f.Outcome, Code: int32(f.Code), SubCode: int32(f.SubCode), Message: conditions.Shortened(f.Message, conditions.MaxMessage),
	}
}

// reportStep records what an event says of the flow's step, and tells whether that changed anything. The result of an event with the ID
// of another attempt belongs to another step, and is no news.
func (f Reported) reportStep(status *v1alpha1.CallStatus) bool {
	flow := runningFlow(status)
	if flow == nil || flow.Attempt == nil || flow.Result != nil {
		return false
	}
	switch news := f.Event.News.(type) {
	case telephony.OperationReported:
		return f.reportOperation(flow, news)
	case telephony.ParticipantMoved:
		if news.Attempt != flow.Attempt.ID || !party.SameID(news.Participant, flow.Participant) {
			return false
		}
		flow.Result = &v1alpha1.StepResult{Outcome: v1alpha1.ActionCompleted}
		if news.Failed {
			flow.Result = &v1alpha1.StepResult{
				Outcome: v1alpha1.ActionFailed, Code: int32(news.Code), SubCode: int32(news.SubCode), Message: "The participant was not moved. " + news.Sentence,
			}
		}
		return true
	default:
		return false
	}
}

func (f Reported) reportOperation(flow *v1alpha1.FlowProgress, news telephony.OperationReported) bool {
	outcome := news.Outcome
	switch {
	case news.Attempt == "" && outcome == "" && recordingOf(flow, news.Handle) == nil && recorded(flow, news.Handle):
		// The events of a recording that runs do not repeat the attempt's ID. A flow starts one recording at a time.
		outcome = v1alpha1.ActionCompleted
	case news.Attempt != flow.Attempt.ID:
		return false
	case outcome == "" && flow.Loop:
		// It has no end of its own.
		outcome = v1alpha1.ActionCompleted
	case outcome == "":
		return false
	}
	var answer *v1alpha1.InputAnswer
	if news.Answer != nil {
		given := *news.Answer
		given, outcome = operationstatus.Choose(Question(flow), given, outcome)
		answer = operationstatus.ShownAnswer(given, flow.Sensitive, f.Secret)
	}
	flow.Result = &v1alpha1.StepResult{Outcome: outcome, Answer: answer}
	if outcome != v1alpha1.ActionCompleted {
		message := operationstatus.Said(v1alpha1.OperationName(flow.Does), outcome, news.Reason)
		flow.Result.Code, flow.Result.SubCode = int32(news.Code), int32(news.SubCode)
		flow.Result.Message = conditions.Shortened(message, conditions.MaxMessage)
	}
	return true
}

// Question has the choices of the step's question that can be pressed.
func Question(flow *v1alpha1.FlowProgress) *v1alpha1.RecognizeOperation {
	question := &v1alpha1.RecognizeOperation{}
	for _, key := range flow.Keys {
		question.Choices = append(question.Choices, v1alpha1.Choice{Tone: key.Tone, Label: key.Label})
	}
	return question
}

// cancelFlow ends the flow of a call that the operator hangs up.
func cancelFlow(status *v1alpha1.CallStatus, reason v1alpha1.EndingReason, at time.Time) {
	flow := runningFlow(status)
	if flow == nil || reason == v1alpha1.EndingRingTimeout || reason == v1alpha1.EndingFlowEnded {
		return
	}
	*flow = callflow.Stop(*flow, v1alpha1.FlowCancelled, endingMessage(reason), at)
}

// neverBegan ends the flow of a call that ended without having been connected.
func neverBegan(status *v1alpha1.CallStatus, at time.Time) {
	if flow := runningFlow(status); flow != nil && status.ConnectedTime == nil {
		*flow = callflow.Stop(*flow, v1alpha1.FlowNotStarted, "The call was over before it was connected.", at)
	}
}

// setFlow derives what is shown of a flow.
func setFlow(status *v1alpha1.CallStatus, at time.Time) {
	flow := status.Flow
	if flow == nil {
		meta.RemoveStatusCondition(&status.Conditions, v1alpha1.ConditionFlowEnded)
		return
	}
	said := conditions.Summary{Reason: v1alpha1.ReasonFlowRunning, Message: "The flow begins when the call is answered."}
	flow.Shown = string(flow.Step)
	switch {
	case flow.Over():
		flow.Shown = flow.Outcome
		said = conditions.Summary{Reason: v1alpha1.ReasonFlowEnded, Message: flow.Outcome}
	case flow.Step != "":
		said.Message = fmt.Sprintf("The call is at step %s.", flow.Step)
	}
	conditions.SetOne(&status.Conditions, v1alpha1.ConditionFlowEnded, flow.Over(), max(status.ObservedGeneration, 0), statemachine.Timestamp(at), said)
}

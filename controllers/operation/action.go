// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Actions are the CallActions.
var Actions = Kind{
	name: "CallAction", inOneCall: true, callbacks: callbackurl.KindCallActions, finalizer: v1alpha1.CallActionFinalizer,
	words: words{
		noun: "action", can: "the action can be carried out", cannot: "nothing can be done in it",
		nothing: "Nothing was done.", sharing: "in the same Call",
		turn: v1alpha1.ReasonActionInFlight, deadline: "spec.startingDeadlineSeconds",
	},
	newObject: func() client.Object { return &v1alpha1.CallAction{} },
	newList:   func() client.ObjectList { return &v1alpha1.CallActionList{} },
	of:        func(object client.Object) operation { return callAction{object.(*v1alpha1.CallAction)} },
}

// callAction is a CallAction. It is about one Call.
type callAction struct{ *v1alpha1.CallAction }

func (a callAction) object() client.Object { return a.CallAction }

func (a callAction) spec() any { return a.Spec }

func (a callAction) status() *v1alpha1.OperationStatus { return &a.Status.OperationStatus }

func (a callAction) ended() *metav1.Time {
	if a.Status.Result == nil {
		return nil
	}
	return &a.Status.Result.EndTime
}

func (a callAction) timeout() time.Duration { return a.StartingDeadline() }

// longestCall is longer than any call: a recording lasts as long as its call.
const longestCall = 365 * 24 * time.Hour

func (a callAction) patience() time.Duration {
	switch {
	case calloperation.StartsRecording(&a.Spec.CallOperation):
		return longestCall
	case a.Spec.CancelMedia != nil:
		// Its answer is its result. If no repetition had one, nothing else tells.
		return 0
	default:
		return a.Timeout()
	}
}

func (a callAction) timeToLive() *int32 { return a.Spec.TTLSecondsAfterFinished }

func (a callAction) request() string { return string(a.Spec.Name()) }

func (a callAction) traits() traits {
	known := calloperation.TraitsOf(&a.Spec.CallOperation)
	late := afterCall
	if calloperation.StartsRecording(&a.Spec.CallOperation) {
		late = calloperation.AfterRecording
	}
	return traits{repeats: known.Repeats, inRoster: known.InRoster, endsWithCall: true, stops: known.Stops, afterCall: late}
}

func (a callAction) references() []v1alpha1.CallReference {
	return []v1alpha1.CallReference{a.Spec.Call}
}

func (a callAction) sent() []*v1alpha1.OperatedCall { return []*v1alpha1.OperatedCall{a.Status.Call} }

func (a callAction) called() *v1alpha1.Identifier { return calloperation.Called(&a.Spec.CallOperation) }

func (a callAction) impossible([]*v1alpha1.Call) blocker { return blocker{} }

// unready checks what the operation needs: somebody in the call, a number to call from, a recording.
func (a callAction) unready(o *observation) blocker {
	call := o.calls[0].call()
	asked := &a.Spec.CallOperation
	if calloperation.Called(asked) != nil {
		reason, message := objects.CallingProblem(asked, call, o.service.Provider, o.allowShortNumbers)
		return blocker{reason: reason, message: message, forGood: message != "" && reason == ""}
	}
	if calloperation.NeedsRecording(asked) && o.recording == "" {
		return blocker{
			reason:  v1alpha1.ReasonRecordingNotFound,
			message: fmt.Sprintf("No recording of Call %s is known: start one with a CallAction first.", call.Name),
		}
	}
	return a.absent(call)
}

// absent says that the participant is not in the call, as far as the Call's roster tells.
func (a callAction) absent(call *v1alpha1.Call) blocker {
	who, status := a.participant(call), &call.Status
	if who == nil || status.ParticipantCount == nil || int(*status.ParticipantCount) != len(status.Participants) || len(status.Participants) == 0 {
		return blocker{}
	}
	id := party.RawID(who)
	if slices.ContainsFunc(status.Participants, func(p v1alpha1.CallParticipant) bool { return party.SameID(p.RawID, id) }) {
		return blocker{}
	}
	return blocker{reason: v1alpha1.ReasonParticipantNotFound, message: fmt.Sprintf(
		"%s is not in Call %s: name one of its participants, as status.participants has them.", party.Text(who), call.Name)}
}

// participant is who the operation is about: named, or the other end of the call.
func (a callAction) participant(call *v1alpha1.Call) *v1alpha1.Identifier {
	return calloperation.Participant(&a.Spec.CallOperation, call)
}

// from is the caller as somebody who is called into the call sees it.
func (a callAction) from(call *v1alpha1.Call) *v1alpha1.Caller {
	return calloperation.From(&a.Spec.CallOperation, call)
}

func (a callAction) claims(calls []string) calloperation.Claims {
	claims := calloperation.ClaimsOf(&a.Spec.CallOperation, calls[0])
	if objects.Deleting(a.CallAction) && slices.Contains(claims.Holds, calloperation.Media(calls[0])) {
		// The service is asked again and again to stop it, which stops everything else too.
		claims.Holds = append(claims.Holds, calloperation.Stopping(calls[0]))
	}
	return claims
}

func (a callAction) intent(calls []v1alpha1.OperatedCall, observed []resolvedCall, recording string) operationstatus.Intended {
	call := observed[0].call()
	intent := operationstatus.Intended{Calls: calls, From: a.from(call), Handle: recording}
	if who := a.participant(call); who != nil {
		intent.Participants = []string{party.RawID(who)}
	}
	return intent
}

func (a callAction) send(
	ctx context.Context, service telephony.Service, attempt telephony.Attempt, observed []resolvedCall,
) (telephony.Answer, error) {
	request := a.operate()
	if len(observed) > 0 {
		request.Placed = calloperation.Placed(observed[0].call())
	}
	return service.Operate(ctx, request, attempt)
}

func (a callAction) stop(ctx context.Context, service telephony.Service, attempt telephony.Attempt) error {
	return service.Stop(ctx, a.operate(), attempt)
}

func (a callAction) remind(ctx context.Context, service telephony.Reminder, attempt telephony.Attempt) error {
	return service.Remind(ctx, a.operate(), attempt)
}

func (a callAction) operate() telephony.OperateRequest {
	return telephony.OperateRequest{
		Connection: a.Status.Call.ConnectionID, Operation: &a.Spec.CallOperation, Participant: a.Status.Participant,
		From: a.Status.From, Handle: a.Status.Handle,
	}
}

func (a callAction) write(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error {
	return a.statuses(r).Write(ctx, a.CallAction, facts...)
}

func (a callAction) writeRetrying(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error {
	return a.statuses(r).WriteRetrying(ctx, a.CallAction, facts...)
}

func (a callAction) statuses(r *Reconciler) objects.StatusWriter[v1alpha1.CallAction, *v1alpha1.CallAction, v1alpha1.CallActionStatus, operationstatus.Fact] {
	return objects.StatusWriter[v1alpha1.CallAction, *v1alpha1.CallAction, v1alpha1.CallActionStatus, operationstatus.Fact]{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer, Expired: &r.Expired,
		Status: func(action *v1alpha1.CallAction) *v1alpha1.CallActionStatus { return &action.Status },
		Spec:   func(action *v1alpha1.CallAction) any { return action.Spec },
		TTL:    func(action *v1alpha1.CallAction) *int32 { return action.Spec.TTLSecondsAfterFinished },
		Apply: func(action *v1alpha1.CallAction, facts ...operationstatus.Fact) v1alpha1.CallActionStatus {
			observed := operationstatus.Observed{Generation: action.Generation, At: r.Now()}
			return operationstatus.ApplyToAction(&action.Spec.CallOperation, action.Status, append([]operationstatus.Fact{observed}, facts...)...)
		},
		Announce: operationstatus.AnnounceAction,
		First:    func(status *v1alpha1.CallActionStatus) bool { return status.ObservedGeneration < 0 },
		Changed: func(action *v1alpha1.CallAction, before, after *v1alpha1.CallActionStatus) {
			r.Metrics.Life().ActionChanged(before, after)
			r.Tracer.ActionChanged(action, before, after)
		},
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// request is the request of a step, for the engine. What is neither in status nor in the Call is in the CallFlow, and a repetition is sent
// only while that is unchanged.
type request struct {
	*Runner
	call *v1alpha1.Call
	step *v1alpha1.FlowStep
	// progress is how far the call has come with the step, and found where its request is sent first; both are unset in a repetition.
	progress *v1alpha1.FlowProgress
	found    *access.Found
	// unusable says why the service cannot be reached.
	unusable *telephony.UnusableError
	// participant is who it is about, and to the Call that they are moved into.
	participant string
	to          *v1alpha1.OperatedCall
	id          string
}

var _ once.Request[callstatus.Fact] = (*request)(nil)

func (r *Runner) engine() once.Engine[callstatus.Fact] {
	return once.Engine[callstatus.Fact]{Base: &r.Base}
}

// prepare finds what the first request of a step needs. Impossible says why the step fails without one.
func (r *Runner) prepare(ctx context.Context, o observation, turn callflow.Turn) (made *request, impossible string, err error) {
	made = &request{Runner: r, call: o.call, step: turn.Step, progress: &turn.Progress, participant: participantOf(o.call, turn.Step)}
	made.found, err = r.Connections.ForAttempt(ctx, objects.ProviderKey(o.call), o.call.Status.Attempt, attempt.Relation.HasCall)
	if err == nil && !made.found.Relation.HasCall() {
		err = telephony.Unusable(v1alpha1.ReasonProviderChanged, "%s", access.RequestElsewhere(o.call.Status.Attempt, made.found))
	}
	if errors.As(err, &made.unusable) {
		return made, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	if turn.Step.MoveTo != nil {
		made.to, impossible, err = r.target(ctx, o.call, made.found, turn.Step.MoveTo.Call)
		return made, impossible, err
	}
	if impossible = r.impossible(made); impossible != "" || !calloperation.StartsRecording(made.step.Operation()) {
		return made, impossible, nil
	}
	if name, err := r.Actions.Recording(ctx, o.call); err != nil || name != "" {
		return made, fmt.Sprintf("CallAction %s records the call already.", name), err
	}
	return made, "", nil
}

// impossible is why a step's operation cannot be carried out, "" if it can.
func (r *Runner) impossible(made *request) string {
	asked := made.step.Operation()
	if _, problem := objects.CallingProblem(asked, made.call, made.found.Provider, r.AllowShortNumbers); problem != "" {
		return problem
	}
	if calloperation.NeedsRecording(asked) && made.call.Status.Flow.Recording() == "" {
		return "The flow has started no recording."
	}
	return ""
}

// participantOf is the raw ID of who a step is about.
func participantOf(call *v1alpha1.Call, step *v1alpha1.FlowStep) string {
	who := calloperation.OtherEnd(call)
	if asked := step.Operation(); asked != nil {
		if asked.Play != nil || asked.Record != nil {
			return ""
		}
		who = calloperation.Participant(asked, call)
	}
	if who != nil {
		return party.RawID(who)
	}
	// A caller who withholds the number is the one who is not the called party.
	if inbound := call.Spec.Inbound; inbound != nil {
		for _, p := range call.Status.Participants {
			if !party.SameID(p.RawID, party.RawID(&inbound.To)) {
				return p.RawID
			}
		}
	}
	return ""
}

// target finds the Call that a step moves somebody into.
func (r *Runner) target(
	ctx context.Context, call *v1alpha1.Call, found *access.Found, ref v1alpha1.CallReference,
) (to *v1alpha1.OperatedCall, impossible string, err error) {
	// A selector that cannot be used selects nothing.
	calls, _, err := objects.Referenced(ctx, r.Client, call.Namespace, ref)
	if err != nil {
		return nil, "", err
	}
	switch {
	case len(calls) == 0 && ref.Name != "":
		return nil, fmt.Sprintf("Call %s does not exist.", ref.Name), nil
	case len(calls) == 0:
		return nil, fmt.Sprintf("No active Call has the labels %s.", metav1.FormatLabelSelector(ref.Selector)), nil
	case len(calls) > 1:
		return nil, fmt.Sprintf("%d active Calls have the labels %s, and the step needs one.", len(calls), metav1.FormatLabelSelector(ref.Selector)), nil
	}
	other := calls[0]
	switch status := &other.Status; {
	case other.UID == call.UID:
		return nil, "The step moves into the call that it is in.", nil
	case attempt.Copied(other, status.Attempt) || status.Result != nil || status.Ending != nil || status.ConnectedTime == nil || status.ConnectionID == "":
		return nil, fmt.Sprintf("Call %s is not connected.", other.Name), nil
	case !attempt.Compare(status.Attempt, &found.Service).HasCall():
		return nil, fmt.Sprintf("Call %s is at another service.", other.Name), nil
	}
	return &v1alpha1.OperatedCall{Name: other.Name, UID: other.UID, ConnectionID: other.Status.ConnectionID}, "", nil
}

// send records the step with its attempt, and sends its request. It returns the error of MayCall if the step calls a number that must not be
// called.
func (r *Runner) send(ctx context.Context, made *request) (steps.Step, error) {
	if made.unusable != nil {
		return r.wait(ctx, made, made.unusable.Reason, made.unusable.Message)
	}
	var needs []string
	if asked := made.step.Operation(); asked != nil {
		needs = calloperation.ClaimsOf(asked, made.call.Name).Needs
	}
	waits, err := r.Actions.InTurn(ctx, made.call, made.progress, needs, func() error { return r.engine().Begin(ctx, made, made.found) })
	_, blocked := access.IsBlocked(err)
	switch {
	case !blocked && errors.As(err, &made.unusable):
		return r.wait(ctx, made, made.unusable.Reason, made.unusable.Message)
	case err != nil:
		return steps.Step{}, err
	case waits != "":
		return r.wait(ctx, made, v1alpha1.ReasonActionInFlight, waits)
	default:
		return steps.Step{}, r.engine().First(ctx, made, made.found)
	}
}

// wait records the step, and why its request cannot be sent yet.
func (r *Runner) wait(ctx context.Context, made *request, reason, message string) (steps.Step, error) {
	now := r.Now()
	return steps.Step{Stop: true, After: recheck}, r.write(ctx, made.call,
		callstatus.FlowMoved{Progress: *made.progress, At: now}, callstatus.StepWaits{Reason: reason, Message: message, At: now})
}

// repeat sends the request of the step once more.
func (r *Runner) repeat(ctx context.Context, o observation) error {
	progress := o.call.Status.Flow
	step := o.flow.Spec.Step(progress.Step)
	if step == nil {
		// It cannot be: the flow is unchanged.
		return fmt.Errorf("step %s is not in CallFlow %s", progress.Step, progress.Name)
	}
	return r.engine().Repeat(ctx, &request{
		Runner: r, call: o.call, step: callflow.Resolve(step, flows.Values(o.flow, o.call)),
		participant: progress.Participant, to: progress.To, id: progress.Attempt.ID,
	})
}

func (r *request) About() once.About {
	about := once.About{
		Object: r.call, Finalizer: v1alpha1.CallFinalizer, Reported: callbackurl.KindCalls, Operation: r.step.Does(),
	}
	if asked := r.step.Operation(); asked != nil {
		about.Called = calloperation.Called(asked)
	}
	progress := r.call.Status.Flow
	if progress == nil {
		return about
	}
	about.Attempt, about.Repeated = progress.Attempt, operationstatus.Repeated(progress.Attempt, progress.Waiting)
	if waiting := progress.Waiting; waiting != nil {
		about.Waiting, about.WaitingSince = waiting.Reason, waiting.Since.Time
	}
	return about
}

func (r *request) Provider(context.Context) (types.NamespacedName, error) {
	return objects.ProviderKey(r.call), nil
}

func (r *request) Prepare(context.Context) (once.Sender, error) {
	connection := r.call.Status.ConnectionID
	if r.step.MoveTo != nil {
		move := telephony.MoveRequest{From: connection, To: r.to.ConnectionID, Participants: []string{r.participant}}
		return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
			return service.Move(ctx, move, attempt)
		}, nil
	}
	asked := r.step.Operation()
	operate := telephony.OperateRequest{
		Connection: connection, Operation: asked, Participant: r.participant, From: calloperation.From(asked, r.call),
		Handle: r.call.Status.Flow.Recording(), Placed: calloperation.Placed(r.call),
	}
	return func(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error) {
		return service.Operate(ctx, operate, attempt)
	}, nil
}

func (r *request) Doubt(context.Context) (message string, pause time.Duration) {
	if asked := r.step.Operation(); asked != nil && !calloperation.TraitsOf(asked).Repeats {
		return "It is not known whether the service accepted the step; it is not sent again, and the service's reports will tell.", 0
	}
	return "It is not known yet whether the service accepted the step; the same request is repeated.", 0
}

func (r *request) Write(ctx context.Context, facts ...callstatus.Fact) error {
	return r.write(ctx, r.call, facts...)
}

func (r *request) WriteRetrying(ctx context.Context, facts ...callstatus.Fact) error {
	return r.statuses().WriteRetrying(ctx, r.call, facts...)
}

func (r *request) Intended(id string, pins attempt.Pins) []callstatus.Fact {
	r.id = id
	now := r.Now()
	return []callstatus.Fact{
		callstatus.FlowMoved{Progress: *r.progress, At: now},
		callstatus.StepIntended{ID: id, Pins: pins, Participant: r.participant, To: r.to, At: now},
	}
}

func (r *request) Committed() callstatus.Fact {
	return callstatus.StepCommitted{ID: r.id, At: r.Now()}
}

func (r *request) Unresolved(message string) callstatus.Fact {
	return callstatus.StepUnresolved{ID: r.id, Message: message, At: r.Now()}
}

func (r *request) Adopted(pins attempt.Pins) callstatus.Fact {
	return callstatus.StepAdopted{Pins: pins, At: r.Now()}
}

func (r *request) Elsewhere(message string) callstatus.Fact {
	return callstatus.StepUnresolved{ID: r.id, Reason: v1alpha1.ReasonProviderChanged, Message: message, At: r.Now()}
}

func (r *request) Made(answer telephony.Answer) callstatus.Fact {
	r.accepted.put(r.call, r.id)
	return callstatus.StepAccepted{ID: r.id, Done: answer.Done, Handle: answer.Handle, At: r.Now()}
}

func (r *request) NotMade(why once.Failure, retry time.Time) callstatus.Fact {
	return callstatus.StepNotSent{ID: r.id, Reason: why.Reason, Message: why.Message, Retry: retry, At: r.Now()}
}

func (r *request) Refused(_ context.Context, why once.Failure, cause error, _ telephony.Service) callstatus.Fact {
	return callstatus.StepEnded{
		ID: r.id, Outcome: v1alpha1.ActionFailed, Code: why.Code, SubCode: why.SubCode, Message: once.RefusalOf(cause), Refused: true, At: r.Now(),
	}
}

// pollRoster asks who is in the call that shows whether the step is done.
func (r *Runner) pollRoster(ctx context.Context, o observation) error {
	progress := o.call.Status.Flow
	connectionID := o.call.Status.ConnectionID
	if progress.To != nil {
		connectionID = progress.To.ConnectionID
	}
	roster, err := r.roster(ctx, o.call, connectionID)
	r.Contacts.Looked(o.call, r.Now())
	if err != nil {
		ctrl.LoggerFrom(ctx).Info("asking who is in the call of a flow failed, it is asked again", "cause", masking.Numbers(once.DescribeFailure(err).Message))
		return nil
	}
	if !shown(o, roster) {
		return nil
	}
	return r.write(ctx, o.call, callstatus.StepEnded{ID: progress.Attempt.ID, Outcome: v1alpha1.ActionCompleted, At: r.Now()})
}

func (r *Runner) roster(ctx context.Context, call *v1alpha1.Call, connectionID string) ([]telephony.Participant, error) {
	connection, err := r.Connections.ToCall(ctx, objects.ProviderKey(call), call.Status.Flow.Attempt)
	if err != nil {
		return nil, err
	}
	return connection.Roster(ctx, connectionID)
}

// shown tells whether a roster shows that the step is done.
func shown(o observation, roster []telephony.Participant) bool {
	progress := o.call.Status.Flow
	asked := &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{}}
	if progress.To == nil {
		asked = o.flow.Spec.Step(progress.Step).Operation()
	}
	return calloperation.Shown(asked, progress.Participant, roster)
}

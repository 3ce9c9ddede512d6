// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/operation"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Runner runs CallFlows in Calls.
type Runner struct {
	once.Base
	// Actions carries out the CallActions, which a step waits for.
	Actions *operation.Reconciler

	accepted acceptedLog
}

// acceptedLog has the attempts that the service has accepted, as far as this process knows, by Call.
type acceptedLog struct {
	mu  sync.Mutex
	ids map[types.NamespacedName]string
}

func (l *acceptedLog) put(call client.Object, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = map[types.NamespacedName]string{}
	}
	l.ids[client.ObjectKeyFromObject(call)] = id
}

func (l *acceptedLog) has(call client.Object, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[client.ObjectKeyFromObject(call)] == id
}

func (l *acceptedLog) forget(key types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ids, key)
}

// Reconcile takes one action after another for the flow of a Call, until there is nothing to do but wait.
func (r *Runner) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.Contacts.Start(r.Now())
	call := &v1alpha1.Call{}
	err := r.Get(ctx, request.NamespacedName, call)
	if apierrors.IsNotFound(err) || err == nil && !runs(call) {
		r.Contacts.Forget(request.NamespacedName)
		r.accepted.forget(request.NamespacedName)
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	after, err := steps.Take(func() (steps.Step, error) { return r.next(ctx, call) })
	return ctrl.Result{RequeueAfter: after}, err
}

// runs tells whether a Call has a flow that has not ended.
func runs(call *v1alpha1.Call) bool {
	return call.Status.Flow != nil && !call.Status.Flow.Over()
}

// next takes the next action for the flow of a Call.
func (r *Runner) next(ctx context.Context, call *v1alpha1.Call) (steps.Step, error) {
	if !runs(call) {
		return steps.Step{Stop: true}, nil
	}
	o, err := r.observe(ctx, call)
	if err != nil {
		return steps.Step{}, err
	}
	decision := decide(o)
	if decision.action == actionWait {
		return steps.Step{Stop: true, After: decision.after}, nil
	}
	ctx, span := r.Tracer.Start(ctx, call, "flow."+string(decision.action))
	defer span.End()
	return r.carryOut(ctx, o, decision.action)
}

func (r *Runner) observe(ctx context.Context, call *v1alpha1.Call) (observation, error) {
	o := observation{call: call, now: r.Now(), poll: pauses.Jitter(rosterPoll, call.UID)}
	var err error
	if o.flow, err = flows.Find(ctx, r.Client, call.Namespace, call.Status.Flow.Name); err != nil {
		return o, err
	}
	known := r.Contacts.Of(call)
	o.lastLook, o.nextRepeat = known.Looked, known.NextRepeat
	if sent := call.Status.Flow.Attempt; sent != nil {
		o.accepted, o.unsent = r.accepted.has(call, sent.ID), sent.ID == known.Unsent
	}
	return o, nil
}

func (r *Runner) carryOut(ctx context.Context, o observation, next action) (steps.Step, error) {
	progress, now := o.call.Status.Flow, r.Now()
	switch next {
	case actionAdvance:
		o.over = o.call.Status.Result != nil || looksOver(progress.Result) && r.isOver(ctx, o.call)
		return r.advance(ctx, o, callflow.Next(o.flow, *progress, r.situation(o)))
	case actionSend:
		return r.advance(ctx, o, callflow.Again(o.flow, *progress, r.situation(o)))
	case actionRepeat:
		return steps.Step{}, r.repeat(ctx, o)
	case actionPollRoster:
		return steps.Step{}, r.pollRoster(ctx, o)
	case actionGiveUp:
		return steps.Step{}, r.write(ctx, o.call, callstatus.StepEnded{
			ID: progress.Attempt.ID, Outcome: v1alpha1.ActionUnknown, At: now,
			Message: "It is not known whether the service carried out the step: its answer was lost, and no report of it came. It is not sent again.",
		})
	case actionTimeOut:
		if o.flow == nil {
			return steps.Step{}, r.finish(ctx, o, missing(progress, now))
		}
		return steps.Step{}, r.finish(ctx, o, callflow.TimeOut(o.flow, *progress, now))
	case actionEndMissing:
		return steps.Step{}, r.finish(ctx, o, missing(progress, now))
	case actionEndCopy:
		return steps.Step{}, r.finish(ctx, o, callflow.Stop(*progress, v1alpha1.FlowCancelled, "This Call is a copy of another one, which runs the flow.", now))
	default:
		steps.ReportDefect(ctx, r.Recorder, o.call, string(next))
		return steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, o.call.UID)}, nil
	}
}

// missing ends a flow whose CallFlow does not exist any more.
func missing(progress *v1alpha1.FlowProgress, now time.Time) v1alpha1.FlowProgress {
	return callflow.Stop(*progress, v1alpha1.FlowFailed, fmt.Sprintf("CallFlow %s does not exist any more.", progress.Name), now)
}

func (r *Runner) situation(o observation) callflow.Situation {
	return callflow.Situation{Values: flows.Values(o.flow, o.call), CallOver: o.over, Now: r.Now()}
}

// looksOver tells whether a step may have failed because the call is over, before the report of that.
func looksOver(result *v1alpha1.StepResult) bool {
	if result == nil {
		return false
	}
	switch result.Outcome {
	case v1alpha1.ActionFailed, v1alpha1.ActionCancelled, v1alpha1.ActionUnknown:
		return true
	default:
		return false
	}
}

// isOver asks the service whether the call of a failed step is over.
func (r *Runner) isOver(ctx context.Context, call *v1alpha1.Call) bool {
	connection, err := r.Connections.ToCall(ctx, objects.ProviderKey(call), call.Status.Attempt)
	if err != nil {
		return false
	}
	state, err := connection.Telephony.State(ctx, call.Status.ConnectionID)
	return telephony.Is(err, telephony.ClassGone) || err == nil && state.Phase != telephony.PhaseConnected
}

// advance carries out what comes next: it sets the labels, ends the flow, waits, or sends the request of the step. A step that is known to
// fail without a request is followed by the next one at once.
func (r *Runner) advance(ctx context.Context, o observation, turn callflow.Turn) (steps.Step, error) {
	labels := map[string]string{}
	for {
		maps.Copy(labels, turn.Labels)
		if turn.Step == nil || turn.Step.Wait != nil {
			break
		}
		request, impossible, err := r.prepare(ctx, o, turn)
		if err != nil {
			return steps.Step{}, err
		}
		if impossible == "" {
			if err := r.setLabels(ctx, o.call, labels); err != nil {
				return steps.Step{}, err
			}
			step, err := r.send(ctx, request)
			blocked, ok := access.IsBlocked(err)
			if !ok {
				return step, err
			}
			impossible = blocked.Message
		}
		turn.Progress.Result = &v1alpha1.StepResult{Outcome: v1alpha1.ActionFailed, Message: impossible}
		turn = callflow.Next(o.flow, turn.Progress, r.situation(o))
	}
	if err := r.setLabels(ctx, o.call, labels); err != nil {
		return steps.Step{}, err
	}
	return steps.Step{}, r.finish(ctx, o, turn.Progress)
}

// finish writes how far the call has come without a request. Together with the end of the flow it writes that the call is hung up.
func (r *Runner) finish(ctx context.Context, o observation, progress v1alpha1.FlowProgress) error {
	now := r.Now()
	facts := []callstatus.Fact{callstatus.FlowMoved{Progress: progress, At: now}}
	if progress.Over() && !progress.KeepCall && !o.over && o.call.Status.Result == nil {
		facts = append(facts, callstatus.EndingBegun{Reason: v1alpha1.EndingFlowEnded, At: now})
	}
	return r.write(ctx, o.call, facts...)
}

// setLabels sets labels of the Call before its status says that this was done.
func (r *Runner) setLabels(ctx context.Context, call *v1alpha1.Call, labels map[string]string) error {
	before := call.DeepCopy()
	changed := false
	for key, value := range labels {
		if have, ok := call.Labels[key]; ok && have == value {
			continue
		}
		if call.Labels == nil {
			call.Labels = map[string]string{}
		}
		call.Labels[key], changed = value, true
	}
	if !changed {
		return nil
	}
	return r.Patch(ctx, call, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

func (r *Runner) statuses() objects.CallStatusWriter {
	return objects.CallStatuses(objects.CallStatusWriter{
		Client: r.Client, Live: r.Live, Recorder: r.Recorder, Tracer: r.Tracer, Expired: &r.Expired,
	}, r.Metrics, r.Now)
}

func (r *Runner) write(ctx context.Context, call *v1alpha1.Call, facts ...callstatus.Fact) error {
	return r.statuses().Write(ctx, call, facts...)
}

// callOf is the Call of a CallAction. A step that waits for one that selects its Call by labels is checked again anyway.
func callOf(_ context.Context, object client.Object) []reconcile.Request {
	action, ok := object.(*v1alpha1.CallAction)
	if !ok {
		return nil
	}
	name := action.Spec.Call.Name
	if sent := action.Status.Call; sent != nil {
		name = sent.Name
	}
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: action.Namespace, Name: name}}}
}

// SetupWithManager registers the reconciler.
func (r *Runner) SetupWithManager(mgr ctrl.Manager) error {
	running := predicate.NewPredicateFuncs(func(object client.Object) bool {
		call, ok := object.(*v1alpha1.Call)
		return ok && call.Status.Flow != nil
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("flow").
		Watches(&v1alpha1.Call{}, &handler.EnqueueRequestForObject{}, builder.WithPredicates(running)).
		Watches(&v1alpha1.CallAction{}, handler.EnqueueRequestsFromMapFunc(callOf), builder.WithPredicates(r.Actions.ChangesThatUnblock())).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.Concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				pauses.ShortestErrorPause, pauses.LongestErrorPause),
		}).
		Complete(r)
}

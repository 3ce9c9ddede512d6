// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
)

// Reconciler carries out the operations of one kind.
type Reconciler struct {
	Kind Kind

	once.Base

	// claiming is held from the check of the other operations until the intent is written, so that of two conflicting ones one
	// sees the other. There is one for each Call where all operations are in one Call.
	claiming locks
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves;callactions,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status;callactions/status,verbs=update

// Reconcile takes one action after another for an operation, until there is nothing to do but wait.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.Contacts.Start(r.Now())
	object := r.Kind.newObject()
	if err := r.Get(ctx, request.NamespacedName, object); err != nil {
		if apierrors.IsNotFound(err) {
			r.Contacts.Forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	after, err := steps.Take(func() (steps.Step, error) { return r.next(ctx, r.Kind.of(object)) })
	return ctrl.Result{RequeueAfter: after}, err
}

// next takes the next action for an operation.
func (r *Reconciler) next(ctx context.Context, op operation) (steps.Step, error) {
	o, err := r.observe(ctx, op)
	if err != nil {
		return steps.Step{}, err
	}
	decision := decide(*o)
	if decision.action == actionSend {
		// Only now does it matter which other operations there are.
		if decision, err = r.claim(ctx, o); err != nil {
			return steps.Step{}, err
		}
	}
	return r.do(ctx, o, decision)
}

// claim records the intent, unless another operation goes first.
func (r *Reconciler) claim(ctx context.Context, o *observation) (decision, error) {
	name := ""
	if r.Kind.inOneCall {
		name = client.ObjectKeyFromObject(o.calls[0].call()).String()
	}
	claiming := r.claiming.of(name)
	claiming.Lock()
	defer claiming.Unlock()
	if err := r.findConflicts(ctx, o); err != nil {
		return decision{}, err
	}
	next := decide(*o)
	if next.action != actionSend {
		return next, nil
	}
	if err := r.engine().Begin(ctx, r.request(o), o.service); errors.As(err, &o.unusable) {
		// Nobody may be called.
		return decide(*o), nil
	} else if err != nil {
		return decision{}, err
	}
	return next, nil
}

func (r *Reconciler) do(ctx context.Context, o *observation, next decision) (steps.Step, error) {
	switch next.action {
	case actionWait:
		return steps.Step{Stop: true, After: next.after}, nil
	case actionSayWhy:
		// Without a span: usually status says so already.
		fact := operationstatus.Waits{Reason: next.reason, Message: next.message, At: r.Now()}
		return steps.Step{Stop: true, After: next.after}, o.op.write(ctx, r, fact)
	}
	ctx, span := r.Tracer.Start(ctx, o.op.object(), r.Kind.words.noun+"."+string(next.action))
	defer span.End()
	return r.carryOut(ctx, o, next)
}

func (r *Reconciler) carryOut(ctx context.Context, o *observation, next decision) (steps.Step, error) {
	op := o.op
	switch now := r.Now(); next.action {
	case actionSend:
		return steps.Step{}, r.engine().First(ctx, r.request(o), o.service)
	case actionRepeat:
		return steps.Step{}, r.engine().Repeat(ctx, r.request(o))
	case actionPollRosters:
		return steps.Step{}, r.pollRosters(ctx, op)
	case actionRemind:
		return steps.Step{}, r.remind(ctx, op)
	case actionEndCopy:
		return steps.Step{}, op.write(ctx, r, operationstatus.Copied{At: now})
	case actionGiveUp:
		return steps.Step{}, op.write(ctx, r, operationstatus.Abandoned{At: now})
	case actionImpossible:
		return steps.Step{}, op.write(ctx, r, operationstatus.Impossible{Message: next.message, At: now})
	case actionEndRestored:
		tool, mark := restored.By(op.object())
		return steps.Step{}, op.write(ctx, r, operationstatus.Restored{By: tool, Mark: mark, At: now})
	case actionStop:
		return steps.Step{}, r.stop(ctx, op)
	case actionEndWithCall:
		return steps.Step{}, op.write(ctx, r, operationstatus.CallOver{Message: next.message, At: now})
	case actionTimeOut:
		return steps.Step{}, op.write(ctx, r, operationstatus.TimedOut{Message: next.message, At: now})
	case actionRemoveFinalizer:
		return steps.Step{Stop: true}, objects.RemoveFinalizer(ctx, r.Client, op.object(), r.Kind.finalizer)
	case actionExpire:
		r.Expired.Remember(op.object(), op.spec(), r.Now())
		return steps.Step{Stop: true}, objects.DeleteWithPreconditions(ctx, r.Client, op.object())
	case actionObserve:
		return steps.Step{}, op.write(ctx, r)
	default:
		return r.unknownAction(ctx, op, next.action)
	}
}

// observe is what is known about an operation. It resolves the references of an unsent one.
func (r *Reconciler) observe(ctx context.Context, op operation) (*observation, error) {
	now, uid := r.Now(), op.object().GetUID()
	o := &observation{kind: r.Kind, op: op, now: now, allowShortNumbers: r.AllowShortNumbers, recheck: pauses.Jitter(pauses.LongestBackoff, uid), poll: pauses.Jitter(rosterPoll, uid)}
	if op.status().Attempt == nil && op.ended() == nil {
		return o, r.resolve(ctx, o)
	}
	if op.status().Accepted && op.ended() == nil {
		o.accepted = r.Contacts.Accepted(op.object(), now)
	}
	known := r.Contacts.Of(op.object())
	o.lastTalk, o.lastLook, o.nextRepeat, o.stopped = known.Last, known.Looked, known.NextRepeat, known.Stopped
	o.unsent = op.status().Attempt != nil && op.status().Attempt.ID == known.Unsent
	if op.ended() == nil && op.traits().endsWithCall {
		return o, r.findEnded(ctx, o)
	}
	return o, nil
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	for name, values := range r.Kind.Indexers() {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), r.Kind.newObject(), name, values); err != nil {
			return err
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(r.Kind.newObject()).
		Watches(&v1alpha1.Call{}, handler.EnqueueRequestsFromMapFunc(r.waitingFor), builder.WithPredicates(r.callsThatChange())).
		Watches(&v1alpha1.CallProvider{}, handler.EnqueueRequestsFromMapFunc(r.unsentNear)).
		Watches(r.Kind.newObject(), handler.EnqueueRequestsFromMapFunc(r.unsentNear), builder.WithPredicates(r.changesThatUnblock())).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.Concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				pauses.ShortestErrorPause, pauses.LongestErrorPause),
		}).
		Complete(r)
}

func (r *Reconciler) unknownAction(ctx context.Context, op operation, unknown action) (steps.Step, error) {
	message := steps.ReportDefect(ctx, r.Recorder, op.object(), string(unknown))
	done := steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, op.object().GetUID())}
	if op.status().Attempt != nil || op.ended() != nil {
		return done, nil
	}
	return done, op.write(ctx, r, operationstatus.Waits{Reason: v1alpha1.ReasonInternalError, Message: message, At: r.Now()})
}

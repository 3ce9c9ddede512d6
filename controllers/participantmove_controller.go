// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/movestate"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/internal/tracing"
)

// ParticipantMoveReconciler carries out ParticipantMoves.
type ParticipantMoveReconciler struct {
	// Client reads from the cache, never older than this process's own writes.
	client.Client
	// Live reads from the API server.
	Live client.Reader
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Calls knows the way to the provider of a Call.
	Calls *CallReconciler
	// CallbackKeys sign the callback URLs.
	CallbackKeys callbackurl.Keys
	// Concurrency is how many moves are worked on at once.
	Concurrency int
	// Metrics counts, Tracer makes spans of what is done.
	Metrics *Metrics
	Tracer  *tracing.Tracer
	// Now tells the time, NewID makes a Repeatability-Request-ID.
	Now   func() time.Time
	NewID func() string

	memory memory
	// line is held from the look at the other moves until the intent is written, so that of two moves that exclude each
	// other one sees the other.
	line sync.Mutex
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status,verbs=update

// Reconcile does what has to be done for a move now, one action after the other, until there is only waiting left.
func (r *ParticipantMoveReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.memory.start(r.Now())
	move := &v1alpha1.ParticipantMove{}
	if err := r.Get(ctx, request.NamespacedName, move); err != nil {
		if apierrors.IsNotFound(err) {
			r.memory.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	for range stepsPerReconcile {
		done, err := r.next(ctx, move)
		if overtaken(err) {
			return ctrl.Result{RequeueAfter: conflictPause}, nil
		}
		if err != nil || done.stop {
			return ctrl.Result{RequeueAfter: done.after}, err
		}
	}
	return ctrl.Result{RequeueAfter: conflictPause}, nil
}

// next does the next thing for a move.
func (r *ParticipantMoveReconciler) next(ctx context.Context, move *v1alpha1.ParticipantMove) (step, error) {
	decision, err := r.decide(ctx, move)
	if err != nil {
		return step{}, err
	}
	return r.do(ctx, move, decision)
}

// decide asks what to do next. When that is to send the request, the intent is written already.
func (r *ParticipantMoveReconciler) decide(ctx context.Context, move *v1alpha1.ParticipantMove) (moveDecision, error) {
	o := r.observe(move)
	if move.Status.Attempt != nil || move.Status.Result != nil {
		return decideMove(o), nil
	}
	if err := r.sight(ctx, &o); err != nil {
		return moveDecision{}, err
	}
	r.line.Lock()
	defer r.line.Unlock()
	if err := r.lookAtLine(ctx, &o); err != nil {
		return moveDecision{}, err
	}
	decision := decideMove(o)
	if decision.action == moveSend {
		return decision, r.ensureIntent(ctx, move, &o)
	}
	return decision, nil
}

func (r *ParticipantMoveReconciler) do(ctx context.Context, move *v1alpha1.ParticipantMove, decision moveDecision) (step, error) {
	switch decision.action {
	case moveWait:
		return step{stop: true, after: decision.after}, nil
	case moveSayWhy:
		// Without a span: mostly it is said already.
		fact := movestate.Waits{Reason: decision.reason, Message: decision.message, At: r.Now()}
		return step{stop: true, after: decision.after}, r.recordOnce(ctx, move, fact)
	}
	ctx, span := r.Tracer.Start(ctx, move, spanOfMove(decision.action))
	defer span.End()
	return r.carryOut(ctx, move, decision)
}

func (r *ParticipantMoveReconciler) carryOut(ctx context.Context, move *v1alpha1.ParticipantMove, decision moveDecision) (step, error) {
	switch now := r.Now(); decision.action {
	case moveSend:
		return step{}, r.send(ctx, move, r.firstFailure)
	case moveRepeat:
		return step{}, r.repeat(ctx, move)
	case moveLook:
		return step{}, r.look(ctx, move)
	case moveDisown:
		return step{}, r.recordOnce(ctx, move, movestate.Copied{At: now})
	case moveAbandon:
		return step{}, r.recordOnce(ctx, move, movestate.Abandoned{At: now})
	case moveImpossible:
		return step{}, r.recordOnce(ctx, move, movestate.Impossible{Message: decision.message, At: now})
	case moveRestored:
		tool, mark := restored.By(move)
		return step{}, r.recordOnce(ctx, move, movestate.Restored{By: tool, Mark: mark, At: now})
	case moveTimeOut:
		return step{}, r.recordOnce(ctx, move, movestate.TimedOut{Message: decision.message, At: now})
	case moveLetGo:
		return step{stop: true}, removeFinalizer(ctx, r.Client, move, v1alpha1.ParticipantMoveFinalizer)
	case moveExpire:
		return step{stop: true}, deleteAsRead(ctx, r.Client, move)
	case moveObserve:
		return step{}, r.recordOnce(ctx, move)
	default:
		return r.unknownAction(ctx, move, decision.action)
	}
}

// observe is what this process knows of a move without asking anybody.
func (r *ParticipantMoveReconciler) observe(move *v1alpha1.ParticipantMove) moveObservation {
	now := r.Now()
	o := moveObservation{move: move, now: now, recheck: jitter(longestBackoff, move.UID), poll: jitter(movePoll, move.UID)}
	if move.Status.Accepted && move.Status.Result == nil {
		o.accepted = r.memory.accepted(move, now)
	}
	talk := r.memory.of(move)
	o.lastTalk, o.lastLook, o.nextRepeat = talk.last, talk.looked, talk.nextRepeat
	return o
}

// SetupWithManager registers the reconciler.
func (r *ParticipantMoveReconciler) SetupWithManager(mgr ctrl.Manager) error {
	for name, values := range map[string]client.IndexerFunc{moveCallIndex: callsOfMove, openMoveIndex: openMove} {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.ParticipantMove{}, name, values); err != nil {
			return err
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ParticipantMove{}).
		Watches(&v1alpha1.Call{}, handler.EnqueueRequestsFromMapFunc(r.movesThatWaitFor), builder.WithPredicates(callsThatChange)).
		Watches(&v1alpha1.CallProvider{}, handler.EnqueueRequestsFromMapFunc(r.unsentMovesBeside)).
		Watches(&v1alpha1.ParticipantMove{}, handler.EnqueueRequestsFromMapFunc(r.unsentMovesBeside), builder.WithPredicates(movesThatStepAside)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.Concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				shortestErrorPause, longestErrorPause),
		}).
		Complete(r)
}

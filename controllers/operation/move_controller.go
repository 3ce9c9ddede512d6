// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

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
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/controllers/shared/steps"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/movestate"
	"github.com/call-operator/call-operator/internal/restored"
	"github.com/call-operator/call-operator/internal/tracing"
)

// MoveReconciler carries out ParticipantMoves.
type MoveReconciler struct {
	// Client reads from the cache, never older than this process's own writes.
	client.Client
	// Live reads from the API server.
	Live client.Reader
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Connections are the clients of the providers.
	Connections *access.Connections
	// CallbackKeys sign the callback URLs.
	CallbackKeys callbackurl.Keys
	// Concurrency is how many moves are reconciled at once.
	Concurrency int
	// Metrics counts actions, Tracer creates spans for them.
	Metrics *metrics.Metrics
	Tracer  *tracing.Tracer
	// Now returns the time, NewID generates a Repeatability-Request-ID.
	Now   func() time.Time
	NewID func() string

	contacts once.ContactLog
	// claiming is held from the check of the other moves until the intent is written, so that of two conflicting moves one sees
	// the other.
	claiming sync.Mutex
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status,verbs=update

// Reconcile takes one action after another for a move, until there is nothing to do but wait.
func (r *MoveReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	r.contacts.Start(r.Now())
	move := &v1alpha1.ParticipantMove{}
	if err := r.Get(ctx, request.NamespacedName, move); err != nil {
		if apierrors.IsNotFound(err) {
			r.contacts.Forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	after, err := steps.Take(func() (steps.Step, error) { return r.next(ctx, move) })
	return ctrl.Result{RequeueAfter: after}, err
}

// Next takes the next action for a move.
func (r *MoveReconciler) next(ctx context.Context, move *v1alpha1.ParticipantMove) (steps.Step, error) {
	o, err := r.observe(ctx, move)
	if err != nil {
		return steps.Step{}, err
	}
	decision := decideMove(*o)
	if decision.action == moveSend {
		// Only now does it matter which other moves there are.
		if decision, err = r.claim(ctx, o); err != nil {
			return steps.Step{}, err
		}
	}
	return r.do(ctx, o, decision)
}

// claim records the intent, unless another move goes first.
func (r *MoveReconciler) claim(ctx context.Context, o *moveObservation) (moveDecision, error) {
	r.claiming.Lock()
	defer r.claiming.Unlock()
	if err := r.findConflicts(ctx, o); err != nil {
		return moveDecision{}, err
	}
	decision := decideMove(*o)
	if decision.action != moveSend {
		return decision, nil
	}
	return decision, r.engine().Begin(ctx, r.request(o), o.service)
}

func (r *MoveReconciler) do(ctx context.Context, o *moveObservation, decision moveDecision) (steps.Step, error) {
	move := o.move
	switch decision.action {
	case moveWait:
		return steps.Step{Stop: true, After: decision.after}, nil
	case moveSayWhy:
		// Without a span: usually status says so already.
		fact := movestate.Waits{Reason: decision.reason, Message: decision.message, At: r.Now()}
		return steps.Step{Stop: true, After: decision.after}, r.writeStatus(ctx, move, fact)
	}
	ctx, span := r.Tracer.Start(ctx, move, spanOfMove(decision.action))
	defer span.End()
	return r.carryOut(ctx, o, decision)
}

func (r *MoveReconciler) carryOut(ctx context.Context, o *moveObservation, decision moveDecision) (steps.Step, error) {
	move := o.move
	switch now := r.Now(); decision.action {
	case moveSend:
		return steps.Step{}, r.engine().First(ctx, r.request(o), o.service)
	case moveRepeat:
		return steps.Step{}, r.engine().Repeat(ctx, r.request(o))
	case movePollRosters:
		return steps.Step{}, r.pollRosters(ctx, move)
	case moveEndCopy:
		return steps.Step{}, r.writeStatus(ctx, move, movestate.Copied{At: now})
	case moveGiveUp:
		return steps.Step{}, r.writeStatus(ctx, move, movestate.Abandoned{At: now})
	case moveImpossible:
		return steps.Step{}, r.writeStatus(ctx, move, movestate.Impossible{Message: decision.message, At: now})
	case moveRestored:
		tool, mark := restored.By(move)
		return steps.Step{}, r.writeStatus(ctx, move, movestate.Restored{By: tool, Mark: mark, At: now})
	case moveTimeOut:
		return steps.Step{}, r.writeStatus(ctx, move, movestate.TimedOut{Message: decision.message, At: now})
	case moveRemoveFinalizer:
		return steps.Step{Stop: true}, objects.RemoveFinalizer(ctx, r.Client, move, v1alpha1.ParticipantMoveFinalizer)
	case moveExpire:
		return steps.Step{Stop: true}, objects.DeleteWithPreconditions(ctx, r.Client, move)
	case moveObserve:
		return steps.Step{}, r.writeStatus(ctx, move)
	default:
		return r.unknownAction(ctx, move, decision.action)
	}
}

// observe is what is known about a move. It resolves the references of an unsent one.
func (r *MoveReconciler) observe(ctx context.Context, move *v1alpha1.ParticipantMove) (*moveObservation, error) {
	now := r.Now()
	o := &moveObservation{move: move, now: now, recheck: pauses.Jitter(pauses.LongestBackoff, move.UID), poll: pauses.Jitter(movePoll, move.UID)}
	if move.Status.Attempt == nil && move.Status.Result == nil {
		return o, r.resolve(ctx, o)
	}
	if move.Status.Accepted && move.Status.Result == nil {
		o.accepted = r.contacts.Accepted(move, now)
	}
	known := r.contacts.Of(move)
	o.lastTalk, o.lastLook, o.nextRepeat = known.Last, known.Looked, known.NextRepeat
	return o, nil
}

// SetupWithManager registers the reconciler.
func (r *MoveReconciler) SetupWithManager(mgr ctrl.Manager) error {
	for name, values := range MoveIndexers {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.ParticipantMove{}, name, values); err != nil {
			return err
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ParticipantMove{}).
		Watches(&v1alpha1.Call{}, handler.EnqueueRequestsFromMapFunc(r.movesThatWaitFor), builder.WithPredicates(callsThatChange)).
		Watches(&v1alpha1.CallProvider{}, handler.EnqueueRequestsFromMapFunc(r.unsentMovesNear)).
		Watches(&v1alpha1.ParticipantMove{}, handler.EnqueueRequestsFromMapFunc(r.unsentMovesNear), builder.WithPredicates(movesThatUnblock)).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: r.Concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				pauses.ShortestErrorPause, pauses.LongestErrorPause),
		}).
		Complete(r)
}

func (r *MoveReconciler) unknownAction(ctx context.Context, move *v1alpha1.ParticipantMove, action moveAction) (steps.Step, error) {
	message := steps.ReportDefect(ctx, r.Recorder, move, string(action))
	done := steps.Step{Stop: true, After: pauses.Jitter(pauses.LongestBackoff, move.UID)}
	if move.Status.Attempt != nil || move.Status.Result != nil {
		return done, nil
	}
	return done, r.writeStatus(ctx, move, movestate.Waits{Reason: v1alpha1.ReasonInternalError, Message: message, At: r.Now()})
}

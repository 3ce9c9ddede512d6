// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/internal/restored"
)

// Reconciler carries out DialOuts.
type Reconciler struct {
	// Client reads from the cache, never older than this process's own writes.
	client.Client
	// Live reads from the API server.
	Live client.Reader
	// Objects reads and writes ConfigMaps and Secrets, in the API server.
	Objects client.Client
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// AllowShortNumbers permits calls to numbers that are too short for a subscriber number.
	AllowShortNumbers bool
	// Now tells the time.
	Now func() time.Time

	// memories are *memory, by the UID of the DialOut. Each is used by one reconcile at a time.
	memories sync.Map
	// written are when statuses were written, by UID.
	written sync.Map
}

const (
	// concurrency is how many DialOuts are reconciled at once.
	concurrency = 4
	// startsAtOnce is how many calls one reconcile starts.
	startsAtOnce = 200
	// readAgain is how often lists are read that cannot be used.
	readAgain = 15 * time.Second
	// forbiddenPause is how long to wait for the permission to create Calls, such as for a quota.
	forbiddenPause = 5 * time.Second
)

// +kubebuilder:rbac:groups=call-operator.dev,resources=dialouts,verbs=get;list;watch;patch;delete
// +kubebuilder:rbac:groups=call-operator.dev,resources=dialouts/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls;participantmoves,verbs=create
// +kubebuilder:rbac:groups="",resources=configmaps;secrets,verbs=get;create;update

// Reconcile takes in what became of the calls of a DialOut, and starts more.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	dialOut := &v1alpha1.DialOut{}
	err := r.Get(ctx, request.NamespacedName, dialOut)
	if apierrors.IsNotFound(err) {
		return r.releaseOrphans(ctx, request.NamespacedName)
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	after, err := r.next(ctx, dialOut)
	if objects.ConflictOrGone(err) {
		// Somebody else has written: what this process knows is old.
		r.forget(dialOut.UID)
		return ctrl.Result{RequeueAfter: pauses.ConflictPause}, nil
	}
	if err != nil {
		r.forget(dialOut.UID)
	}
	return ctrl.Result{RequeueAfter: after}, err
}

func (r *Reconciler) next(ctx context.Context, dialOut *v1alpha1.DialOut) (time.Duration, error) {
	status := &dialOut.Status
	switch tool, mark := restored.By(dialOut); {
	case objects.Deleting(dialOut):
		return r.finishDeletion(ctx, dialOut)
	case status.Result != nil:
		return r.keepRecord(ctx, dialOut)
	case tool != "":
		return 0, r.finish(ctx, dialOut, v1alpha1.DialOutOutcomeUnknown, tool+" restored this DialOut ("+mark+
			"), so that it cannot be known who was called: nobody is. Create a new DialOut for those who are still to be called.")
	case !controllerutil.ContainsFinalizer(dialOut, v1alpha1.DialOutFinalizer):
		return time.Millisecond, objects.AddFinalizer(ctx, r.Client, dialOut, v1alpha1.DialOutFinalizer)
	case status.Targets == nil && dialOut.Spec.Suspend:
		return 0, r.say(ctx, dialOut, suspended)
	case status.Targets == nil:
		return r.readTargets(ctx, dialOut)
	case dialOut.Spec.Suspend == (status.StartTime != nil) && status.Ending == "":
		return time.Millisecond, r.startOrSuspend(ctx, dialOut)
	}
	m, err := r.remember(ctx, dialOut)
	switch {
	case errors.Is(err, errForeign):
		return 0, r.finish(ctx, dialOut, v1alpha1.DialOutOutcomeUnknown, copied)
	case errors.Is(err, errDamaged):
		return readAgain, r.say(ctx, dialOut, stalled(v1alpha1.ReasonResultsMissing, "The object "+err.Error()+
			", so that it cannot be known who was called: nobody is. Restore it, or create a new DialOut for those who are still to be called."))
	case err != nil:
		return 0, err
	}
	return r.advance(ctx, dialOut, m)
}

const copied = "The lists of targets of this name belong to another DialOut: this one is a copy, perhaps a restored backup, so that it cannot be " +
	"known who was called. Nobody is called. Create a new DialOut, with another name, for those who are still to be called."

// readTargets reads the lists and keeps them, so that later changes of the lists do not matter.
func (r *Reconciler) readTargets(ctx context.Context, dialOut *v1alpha1.DialOut) (time.Duration, error) {
	found, wrong, err := r.read(ctx, dialOut)
	if err != nil {
		return 0, err
	}
	if found != nil {
		dialOut.Status.BadLines = found.badLines
	}
	if wrong != nil {
		return readAgain, r.say(ctx, dialOut, stalled(wrong.reason, wrong.message))
	}
	isCopy, err := r.keep(ctx, dialOut, found)
	if err != nil {
		return 0, err
	}
	if isCopy {
		return 0, r.finish(ctx, dialOut, v1alpha1.DialOutOutcomeUnknown, copied)
	}
	now := metav1.NewTime(r.Now().Truncate(time.Second))
	dialOut.Status.Targets, dialOut.Status.StartTime = &found.read, &now
	dialOut.Status.Counts = v1alpha1.DialOutCounts{Total: found.read.Count, Pending: found.read.Count}
	return time.Millisecond, r.say(ctx, dialOut, running)
}

// startOrSuspend starts the clock of activeDeadlineSeconds, or stops it.
func (r *Reconciler) startOrSuspend(ctx context.Context, dialOut *v1alpha1.DialOut) error {
	if dialOut.Spec.Suspend {
		dialOut.Status.StartTime = nil
		return r.say(ctx, dialOut, suspended)
	}
	now := metav1.NewTime(r.Now().Truncate(time.Second))
	dialOut.Status.StartTime = &now
	return r.say(ctx, dialOut, running)
}

// advance takes in what became of the calls, and starts more.
func (r *Reconciler) advance(ctx context.Context, dialOut *v1alpha1.DialOut, m *memory) (time.Duration, error) {
	now := r.Now()
	hoursErr := m.plan.SetSpec(&dialOut.Spec)
	calls, err := r.callsOf(ctx, dialOut.Namespace, ownerIndex, string(dialOut.UID))
	if err != nil {
		return 0, err
	}
	w := heed(m, calls, now)
	if ending := endingOf(dialOut, m.plan, now); ending != dialOut.Status.Ending {
		// It is written first: an edit must not start calls again when others were hung up.
		if err := r.save(ctx, dialOut, m); err != nil {
			return 0, err
		}
		dialOut.Status.Ending = ending
		noteAccepted(dialOut, m)
		return time.Millisecond, r.say(ctx, dialOut, running)
	}
	var started dialout.Started
	if dialOut.Status.Ending == "" && !dialOut.Spec.Suspend && hoursErr == nil {
		started = m.plan.Start(now, deadlineOf(dialOut), startsAtOnce)
	}
	if err := r.save(ctx, dialOut, m); err != nil {
		return 0, err
	}
	for _, index := range started.Targets {
		m.called[m.callName(dialOut, index)] = index
	}
	again, err := r.act(ctx, dialOut, m, w)
	if err != nil || again {
		return time.Millisecond, err
	}
	limit := dialOut.Spec.HistoryLimit()
	if w.refused != nil {
		// Old Calls make room for new ones.
		limit = 0
	}
	after, err := r.retire(ctx, w.recorded, limit)
	if err != nil {
		return 0, err
	}
	after = sooner(after, w.after)
	if !started.Next.IsZero() {
		after = sooner(after, max(started.Next.Sub(now), time.Millisecond))
	}
	if dialOut.Status.Ending == "" && dialOut.Status.StartTime != nil {
		if deadline := deadlineOf(dialOut); deadline != nil {
			after = sooner(after, max(deadline.Sub(now), time.Millisecond))
		}
	}
	written, err := r.progress(ctx, dialOut, m, started, hoursErr, w)
	return sooner(after, written), err
}

// work is what one reconcile found among the Calls.
type work struct {
	// live are the Calls of targets that are being called, by name, and what is known of them.
	live map[string]*v1alpha1.Call
	// reports are in the order of the names.
	reports []dialout.Report
	// recorded are the Calls whose results are in the lines.
	recorded []*v1alpha1.Call
	// refused is what Calls that cannot be created now wait for.
	refused *v1alpha1.DialOutWaiting
	// after is when more may be known without any news.
	after time.Duration
}

// heed takes in what became of the Calls.
func heed(m *memory, calls []v1alpha1.Call, now time.Time) *work {
	w := &work{live: map[string]*v1alpha1.Call{}}
	for i := range calls {
		call := &calls[i]
		index, called := m.called[call.Name]
		if !called {
			w.recordedOrLate(call)
			continue
		}
		report, after := reportOf(call, index, m.plan.Line(index).Calls, now)
		m.plan.Heed(report, now)
		if report.Over {
			delete(m.called, call.Name)
			w.recordedOrLate(call)
			continue
		}
		w.live[call.Name] = call
		w.reports = append(w.reports, report)
		w.after = sooner(w.after, after)
	}
	return w
}

// recordedOrLate notes a Call that no line waits for.
func (w *work) recordedOrLate(call *v1alpha1.Call) {
	if over(call) {
		w.recorded = append(w.recorded, call)
	}
}

// act creates the Calls that the lines speak of, ends those that are not wanted any more, and moves who answered. Again says that lines
// have changed.
func (r *Reconciler) act(ctx context.Context, dialOut *v1alpha1.DialOut, m *memory, w *work) (again bool, err error) {
	for _, name := range m.inOrder() {
		index := m.called[name]
		if w.live[name] != nil {
			continue
		}
		refused, err := r.create(ctx, dialOut, m, name, index, endReason(dialOut, dialout.Report{Index: index}))
		if apierrors.IsForbidden(err) {
			w.refused, w.after = whyForbidden(err), sooner(w.after, forbiddenPause)
			break
		}
		if err != nil {
			return false, err
		}
		again = again || refused
	}
	for _, report := range w.reports {
		call := w.live[report.Name]
		if reason := endReason(dialOut, report); reason != "" {
			if err := r.end(ctx, call, reason); err != nil && !objects.ConflictOrGone(err) {
				return false, err
			}
			continue
		}
		if err := r.move(ctx, dialOut, m, call); err != nil {
			return false, err
		}
	}
	return again, nil
}

// whyForbidden says what Calls wait for that the API server does not permit now.
func whyForbidden(err error) *v1alpha1.DialOutWaiting {
	reason := v1alpha1.ReasonForbidden
	if strings.Contains(err.Error(), "exceeded quota") {
		reason = v1alpha1.ReasonQuotaExceeded
	}
	message := "No Call can be created: " + err.Error()
	return &v1alpha1.DialOutWaiting{Reason: reason, Message: message[:min(len(message), 1024)]}
}

// endingOf is why no call is started any more; "" is while calls are.
func endingOf(dialOut *v1alpha1.DialOut, plan *dialout.Plan, now time.Time) v1alpha1.DialOutOutcome {
	deadline := deadlineOf(dialOut)
	switch {
	case dialOut.Status.Ending != "":
		return dialOut.Status.Ending
	case dialOut.Spec.Until == v1alpha1.UntilFirstAccepted && plan.Accepted() >= 0:
		return v1alpha1.DialOutAccepted
	case deadline != nil && !now.Before(*deadline) && !plan.Finished():
		return v1alpha1.DialOutDeadlineExceeded
	default:
		return ""
	}
}

// deadlineOf is when no call is started any more; nil is never.
func deadlineOf(dialOut *v1alpha1.DialOut) *time.Time {
	if dialOut.Spec.ActiveDeadlineSeconds == nil || dialOut.Status.StartTime == nil {
		return nil
	}
	deadline := dialOut.Status.StartTime.Add(time.Duration(*dialOut.Spec.ActiveDeadlineSeconds) * time.Second)
	return &deadline
}

// endReason is why a Call is to be ended; "" is if it is not.
func endReason(dialOut *v1alpha1.DialOut, report dialout.Report) string {
	status := &dialOut.Status
	switch {
	case status.Ending == v1alpha1.DialOutAccepted && status.Accepted != nil && int(status.Accepted.Index) == report.Index:
		return ""
	case status.Ending != "":
		return string(status.Ending)
	case dialOut.Spec.Suspend && !report.Dialled:
		return v1alpha1.ReasonSuspended
	default:
		return ""
	}
}

// finishDeletion hangs up all calls of a deleted DialOut.
func (r *Reconciler) finishDeletion(ctx context.Context, dialOut *v1alpha1.DialOut) (time.Duration, error) {
	r.forget(dialOut.UID)
	if !controllerutil.ContainsFinalizer(dialOut, v1alpha1.DialOutFinalizer) {
		return 0, nil
	}
	calls, err := r.callsOf(ctx, dialOut.Namespace, ownerIndex, string(dialOut.UID))
	if err != nil {
		return 0, err
	}
	left, after, err := r.hangUpAll(ctx, calls)
	if err != nil || left > 0 {
		return after, err
	}
	r.written.Delete(dialOut.UID)
	return 0, objects.RemoveFinalizer(ctx, r.Client, dialOut, v1alpha1.DialOutFinalizer)
}

// keepRecord keeps a DialOut that is over until its time to live is over.
func (r *Reconciler) keepRecord(ctx context.Context, dialOut *v1alpha1.DialOut) (time.Duration, error) {
	r.forget(dialOut.UID)
	calls, err := r.callsOf(ctx, dialOut.Namespace, ownerIndex, string(dialOut.UID))
	if err != nil {
		return 0, err
	}
	var recorded []*v1alpha1.Call
	for i := range calls {
		if over(&calls[i]) {
			recorded = append(recorded, &calls[i])
		}
	}
	after, err := r.retire(ctx, recorded, dialOut.Spec.HistoryLimit())
	if err != nil {
		return 0, err
	}
	if err := r.say(ctx, dialOut, nil); err != nil {
		return 0, err
	}
	end, expires := objects.RecordEnd(dialOut, dialOut.Status.Result.EndTime.Time, dialOut.Spec.TTLSecondsAfterFinished)
	if !expires {
		return after, nil
	}
	if left := end.Sub(r.Now()); left > 0 {
		return sooner(after, left), nil
	}
	return 0, objects.DeleteWithPreconditions(ctx, r.Client, dialOut)
}

// releaseOrphans releases the Calls of DialOuts that are gone, when they are over. Kubernetes deletes them.
func (r *Reconciler) releaseOrphans(ctx context.Context, key types.NamespacedName) (ctrl.Result, error) {
	calls, err := r.callsOf(ctx, key.Namespace, ownerNameIndex, key.Name)
	if err != nil || len(calls) == 0 {
		return ctrl.Result{}, err
	}
	if err := r.Live.Get(ctx, key, &v1alpha1.DialOut{}); !apierrors.IsNotFound(err) {
		// The cache is behind.
		return ctrl.Result{RequeueAfter: pauses.ConflictPause}, err
	}
	_, after, err := r.hangUpAll(ctx, calls)
	return ctrl.Result{RequeueAfter: after}, err
}

// Indexers are the indexes of the cache of Calls.
func Indexers() map[string]client.IndexerFunc {
	by := func(value func(*metav1.OwnerReference) string) client.IndexerFunc {
		return func(object client.Object) []string {
			if owner := ownerOf(object); owner != nil {
				return []string{value(owner)}
			}
			return nil
		}
	}
	return map[string]client.IndexerFunc{
		ownerIndex:     by(func(owner *metav1.OwnerReference) string { return string(owner.UID) }),
		ownerNameIndex: by(func(owner *metav1.OwnerReference) string { return owner.Name }),
	}
}

// SetupWithManager registers the reconciler.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	for name, values := range Indexers() {
		if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.Call{}, name, values); err != nil {
			return err
		}
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("dialout").
		For(&v1alpha1.DialOut{}, builder.WithPredicates(predicate.Or[client.Object](predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: deletionBegins}))).
		Watches(&v1alpha1.Call{}, handler.EnqueueRequestsFromMapFunc(ownerRequest), builder.WithPredicates(predicate.Funcs{UpdateFunc: matters})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: concurrency,
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](
				pauses.ShortestErrorPause, pauses.LongestErrorPause),
		}).
		Complete(r)
}

func deletionBegins(e event.UpdateEvent) bool {
	return objects.Deleting(e.ObjectNew) && !objects.Deleting(e.ObjectOld)
}

// matters tells whether a DialOut has something to do after a change of one of its Calls.
func matters(e event.UpdateEvent) bool {
	before, ok := e.ObjectOld.(*v1alpha1.Call)
	after, isCall := e.ObjectNew.(*v1alpha1.Call)
	if !ok || !isCall || ownerOf(after) == nil {
		return false
	}
	return milestones(before) != milestones(after)
}

// milestone is what a DialOut reads of a Call.
type milestone struct {
	dialled, connected, flowOver, over, deleting bool
	finalizers                                   int
	waits                                        string
}

func milestones(call *v1alpha1.Call) milestone {
	status := &call.Status
	found := milestone{
		dialled: status.Attempt != nil, connected: status.ConnectedTime != nil, flowOver: status.Flow != nil && status.Flow.Over(),
		over: status.Result != nil, deleting: objects.Deleting(call), finalizers: len(call.Finalizers),
	}
	if status.Waiting != nil {
		found.waits = status.Waiting.Reason
	}
	return found
}

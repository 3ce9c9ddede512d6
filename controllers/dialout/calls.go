// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/dialout"
)

const (
	// ownerIndex finds the Calls of a DialOut, by its UID.
	ownerIndex = "dialOut"
	// ownerNameIndex finds the Calls of all DialOuts of a name, gone ones too.
	ownerNameIndex = "dialOutName"

	// clockTolerance is how far the clocks of two managers may differ.
	clockTolerance = 10 * time.Second
	// flowPatience is how long the flow of a call that is over may take to end.
	flowPatience = time.Minute
)

// ownerOf is the DialOut that a Call belongs to, nil if it belongs to none.
func ownerOf(call metav1.Object) *metav1.OwnerReference {
	owner := metav1.GetControllerOfNoCopy(call)
	if owner == nil || owner.Kind != "DialOut" || owner.APIVersion != v1alpha1.GroupVersion.String() {
		return nil
	}
	return owner
}

// callsOf are the Calls of a DialOut. They are not to be changed.
func (r *Reconciler) callsOf(ctx context.Context, namespace, index, value string) ([]v1alpha1.Call, error) {
	var calls v1alpha1.CallList
	err := r.List(ctx, &calls, client.InNamespace(namespace), client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy)
	return calls.Items, err
}

// callFor is the Call to a target, as the spec, the target and its line say.
func (m *memory) callFor(dialOut *v1alpha1.DialOut, name string, index int) *v1alpha1.Call {
	template, target, line := &dialOut.Spec.CallTemplate, m.target(index), m.plan.Line(index)
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{
		Namespace: dialOut.Namespace, Name: name,
		Labels: map[string]string{}, Annotations: map[string]string{},
		Finalizers:      []string{v1alpha1.DialOutFinalizer},
		OwnerReferences: []metav1.OwnerReference{ownerReference(dialOut)},
	}}
	if template.Metadata != nil {
		maps.Copy(call.Labels, template.Metadata.Labels)
		maps.Copy(call.Annotations, template.Metadata.Annotations)
	}
	call.Labels[v1alpha1.DialOutLabel] = string(dialOut.UID)
	call.Annotations[v1alpha1.DialOutTargetAnnotation] = fmt.Sprintf("%d/%d", index, line.Calls)
	if who, found := dialOut.Annotations[v1alpha1.RequestedByAnnotation]; found {
		call.Annotations[v1alpha1.RequestedByAnnotation] = who
	}
	call.Spec = v1alpha1.CallSpec{
		ProviderRef: template.Spec.ProviderRef, To: &target.To, Headers: template.Spec.Headers.DeepCopy(), State: v1alpha1.CallStateActive,
		NotBefore:               ptr.To(metav1.NewTime(line.Start.Truncate(time.Second))),
		StartingDeadlineSeconds: ptr.To(line.StartSeconds),
		RingTimeout:             template.Spec.RingTimeout, MaxDuration: template.Spec.MaxDuration,
	}
	if line.From != "" || template.Spec.DisplayName != "" {
		call.Spec.From = &v1alpha1.Caller{PhoneNumber: v1alpha1.PhoneNumber(line.From), DisplayName: template.Spec.DisplayName}
	}
	if use := template.Spec.Flow; use != nil {
		call.Spec.Flow = &v1alpha1.FlowUse{Name: use.Name, Parameters: parametersOf(use, target)}
	}
	return call
}

// create creates the Call that a line speaks of. One that exists already is the same. Refused says that the API server will never have
// it, which counts as an attempt.
func (r *Reconciler) create(ctx context.Context, dialOut *v1alpha1.DialOut, m *memory, name string, index int, ended string) (refused bool, err error) {
	call := m.callFor(dialOut, name, index)
	if ended != "" {
		// Nobody is to be rung any more, but the Call is to exist: another process may be about to create it.
		call.Spec.State = v1alpha1.CallStateEnded
		call.Annotations[v1alpha1.EndedByDialOutAnnotation] = ended
	}
	err = r.Create(ctx, call)
	switch {
	case apierrors.IsAlreadyExists(err):
		return false, r.checkOwn(ctx, dialOut, name)
	case apierrors.IsInvalid(err):
		r.Recorder.Eventf(dialOut, nil, corev1.EventTypeWarning, v1alpha1.ReasonInvalidRequest, "CreateCall", "Call %s cannot be created: %v", name, err)
		m.plan.Heed(dialout.Report{
			Index: index, Call: m.plan.Line(index).Calls, Name: name, Over: true, Dialled: true, Outcome: v1alpha1.OutcomeFailed, End: r.Now(),
		}, r.Now())
		delete(m.called, name)
		return true, nil
	default:
		return false, err
	}
}

// checkOwn checks that a Call that exists is this DialOut's.
func (r *Reconciler) checkOwn(ctx context.Context, dialOut *v1alpha1.DialOut, name string) error {
	call := &v1alpha1.Call{}
	if err := r.Live.Get(ctx, types.NamespacedName{Namespace: dialOut.Namespace, Name: name}, call); err != nil {
		return client.IgnoreNotFound(err)
	}
	if owner := ownerOf(call); owner == nil || owner.UID != dialOut.UID {
		return fmt.Errorf("call %s exists and is not of DialOut %s: delete it", name, dialOut.Name)
	}
	return nil
}

// reportOf is what is known of a Call. After is when more may be known without any news; zero is never.
func reportOf(call *v1alpha1.Call, index, number int, now time.Time) (report dialout.Report, after time.Duration) {
	status := &call.Status
	report = dialout.Report{Index: index, Call: number, Name: call.Name, Dialled: status.Attempt != nil}
	_, report.Withdrawn = call.Annotations[v1alpha1.EndedByDialOutAnnotation]
	if status.ConnectedTime != nil {
		report.Connected = &status.ConnectedTime.Time
	}
	flowOver := status.Flow == nil || status.Flow.Over()
	if status.Flow != nil && flowOver {
		report.FlowOutcome = status.Flow.Outcome
	}
	switch {
	case status.Result != nil:
		report.Outcome, report.End = status.Result.Outcome, status.Result.EndTime.Time
		if after = report.End.Add(flowPatience).Sub(now); flowOver || after <= 0 {
			return overAs(report), 0
		}
	case neverDialled(call):
		report.Outcome, report.End = v1alpha1.OutcomeCancelled, call.DeletionTimestamp.Time
		return overAs(report), 0
	}
	return report, after
}

func overAs(report dialout.Report) dialout.Report {
	report.Over = true
	return report
}

// neverDialled tells whether a Call is being deleted before it was dialled. It has no result then, and gets none.
func neverDialled(call *v1alpha1.Call) bool {
	return objects.Deleting(call) && call.Status.Attempt == nil && call.Status.Result == nil && !controllerutil.ContainsFinalizer(call, v1alpha1.CallFinalizer)
}

// over tells whether nobody rings or talks in a Call, and never will.
func over(call *v1alpha1.Call) bool { return call.Status.Result != nil || neverDialled(call) }

// end ends a Call. The reason is also on the Call, so that its result says that nobody else did it.
func (r *Reconciler) end(ctx context.Context, call *v1alpha1.Call, reason string) error {
	if call.Spec.State == v1alpha1.CallStateEnded {
		return nil
	}
	ended := call.DeepCopy()
	ended.Spec.State = v1alpha1.CallStateEnded
	if ended.Annotations == nil {
		ended.Annotations = map[string]string{}
	}
	ended.Annotations[v1alpha1.EndedByDialOutAnnotation] = reason
	return r.Patch(ctx, ended, client.MergeFromWithOptions(call, client.MergeFromWithOptimisticLock{}))
}

// move has the person who answered moved into another Call.
func (r *Reconciler) move(ctx context.Context, dialOut *v1alpha1.DialOut, m *memory, call *v1alpha1.Call) error {
	if dialOut.Spec.OnConnected == nil || call.Status.ConnectedTime == nil || call.Status.Result != nil || m.moved[call.Name] {
		return nil
	}
	move := &v1alpha1.ParticipantMove{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: call.Namespace, Name: call.Name, Labels: map[string]string{v1alpha1.DialOutLabel: string(dialOut.UID)},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Call", Name: call.Name, UID: call.UID}},
		},
		Spec: v1alpha1.ParticipantMoveSpec{
			From: v1alpha1.CallReference{Name: call.Name}, To: *dialOut.Spec.OnConnected.MoveTo.DeepCopy(), Participants: []v1alpha1.Identifier{*call.Spec.To},
		},
	}
	if who, found := dialOut.Annotations[v1alpha1.RequestedByAnnotation]; found {
		move.Annotations = map[string]string{v1alpha1.RequestedByAnnotation: who}
	}
	if err := r.Create(ctx, move); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	m.moved[call.Name] = true
	return nil
}

// safeToRelease is when a Call may cease to exist: when nobody can be rung any more by one that is created again.
func safeToRelease(call *v1alpha1.Call) time.Time {
	deadline, _ := call.StartingDeadline()
	return deadline.Add(clockTolerance)
}

// release removes the finalizer from a Call, which may be deleted then.
func (r *Reconciler) release(ctx context.Context, call *v1alpha1.Call) error {
	return objects.RemoveFinalizer(ctx, r.Client, call.DeepCopy(), v1alpha1.DialOutFinalizer)
}

// retire releases the Calls whose results are recorded, and deletes the oldest ones beyond the limit. It returns when to do so again;
// zero is with the next news.
func (r *Reconciler) retire(ctx context.Context, calls []*v1alpha1.Call, limit int) (after time.Duration, err error) {
	var released []*v1alpha1.Call
	for _, call := range calls {
		if !controllerutil.ContainsFinalizer(call, v1alpha1.DialOutFinalizer) {
			released = append(released, call)
			continue
		}
		if left := safeToRelease(call).Sub(r.Now()); left > 0 {
			after = sooner(after, left)
			continue
		}
		if err := r.release(ctx, call); err != nil && !objects.ConflictOrGone(err) {
			return 0, err
		}
	}
	slices.SortFunc(released, func(a, b *v1alpha1.Call) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	for _, call := range released[:max(0, len(released)-limit)] {
		if objects.Deleting(call) {
			continue
		}
		if err := objects.DeleteWithPreconditions(ctx, r.Client, call.DeepCopy()); err != nil && !objects.ConflictOrGone(err) {
			return 0, err
		}
	}
	return after, nil
}

// hangUpAll deletes the Calls of a DialOut that is deleted or gone, and releases those that are over. It tells how many are left.
func (r *Reconciler) hangUpAll(ctx context.Context, calls []v1alpha1.Call) (left int, after time.Duration, err error) {
	for i := range calls {
		call := &calls[i]
		if !objects.Deleting(call) {
			left++
			if err := client.IgnoreNotFound(r.Delete(ctx, call.DeepCopy(), client.Preconditions{UID: ptr.To(call.UID)})); err != nil {
				return left, 0, err
			}
			continue
		}
		if !controllerutil.ContainsFinalizer(call, v1alpha1.DialOutFinalizer) {
			left++
			continue
		}
		wait := safeToRelease(call).Sub(r.Now())
		if !over(call) || wait > 0 {
			left++
			if wait > 0 {
				after = sooner(after, wait)
			}
			continue
		}
		if err := r.release(ctx, call); err != nil && !objects.ConflictOrGone(err) {
			return left, 0, err
		}
	}
	return left, after, nil
}

// sooner is the shorter of two times to wait; zero is not at all.
func sooner(a, b time.Duration) time.Duration {
	switch {
	case a <= 0:
		return b
	case b <= 0:
		return a
	default:
		return min(a, b)
	}
}

// ownerRequest is the DialOut of a Call.
func ownerRequest(_ context.Context, call client.Object) []ctrl.Request {
	owner := ownerOf(call)
	if owner == nil {
		return nil
	}
	return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: call.GetNamespace(), Name: owner.Name}}}
}

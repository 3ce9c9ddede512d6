// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/conditions"
)

// Checker says whether calls can run CallFlows.
type Checker struct {
	client.Client
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Now tells the time.
	Now func() time.Time
}

// +kubebuilder:rbac:groups=call-operator.dev,resources=callflows,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=callflows/status,verbs=update

// Reconcile writes what is wrong with a flow.
func (r *Checker) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	flow := &v1alpha1.CallFlow{}
	if err := r.Get(ctx, request.NamespacedName, flow); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	updated := flow.DeepCopy()
	updated.Status = statusOf(flow, r.Now())
	if apiequality.Semantic.DeepEqual(flow.Status, updated.Status) {
		return ctrl.Result{}, nil
	}
	err := r.Status().Update(ctx, updated)
	if objects.ConflictOrGone(err) {
		return ctrl.Result{RequeueAfter: pauses.ConflictPause}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	objects.AnnounceReady(r.Recorder, updated, flow.Status.Conditions, updated.Status.Conditions)
	return ctrl.Result{}, nil
}

// statusOf is the status of a flow.
func statusOf(flow *v1alpha1.CallFlow, now time.Time) v1alpha1.CallFlowStatus {
	status := *flow.Status.DeepCopy()
	status.ObservedGeneration, status.StepCount = flow.Generation, int32(len(flow.Spec.Steps))
	problems := callflow.Check(&flow.Spec)
	summary := conditions.Summary{State: conditions.Ready, Reason: v1alpha1.ReasonValid, Message: "Calls can run the flow."}
	if len(problems) > 0 {
		summary = conditions.Summary{State: conditions.Stalled, Reason: v1alpha1.ReasonFlowInvalid, Message: flows.Summary(problems)}
	}
	status.Problems = problems[:min(len(problems), v1alpha1.MaxFlowProblems)]
	conditions.Set(&status.Conditions, flow.Generation, metav1.NewTime(now.Truncate(time.Second)), summary)
	return status
}

// SetupWithManager registers the reconciler.
func (r *Checker) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).Named("callflow").For(&v1alpha1.CallFlow{}).Complete(r)
}

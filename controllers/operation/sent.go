// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// findEnded finds the Call of a sent operation that is over. One that does not exist any more is over as well.
func (r *Reconciler) findEnded(ctx context.Context, o *observation) error {
	for _, sent := range o.op.sent() {
		call := &v1alpha1.Call{}
		err := r.Get(ctx, types.NamespacedName{Namespace: o.op.object().GetNamespace(), Name: sent.Name}, call)
		switch {
		case apierrors.IsNotFound(err), err == nil && sent.UID != "" && call.UID != sent.UID:
			call = &v1alpha1.Call{}
			call.Name = sent.Name
			call.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeUnknown, EndTime: o.op.status().Attempt.FirstSent}
			o.ended = call
		case err != nil:
			return err
		case call.Status.Result != nil:
			o.ended = call
		}
	}
	return nil
}

// stop asks the service to stop a sent operation. Its end is reported by the service.
func (r *Reconciler) stop(ctx context.Context, op operation) error {
	r.Contacts.Stopped(op.object(), r.Now())
	if err := r.sendStop(ctx, op); err != nil && !telephony.Is(err, telephony.ClassGone) {
		ctrl.LoggerFrom(ctx).Info("stopping an operation failed, it is tried again", "cause", masking.Numbers(once.DescribeFailure(err).Message))
		return nil
	}
	return op.write(ctx, r, operationstatus.StopRequested{At: r.Now()})
}

func (r *Reconciler) sendStop(ctx context.Context, op operation) error {
	connection, sent, err := r.sentWith(ctx, op)
	if err != nil {
		return err
	}
	return op.stop(ctx, connection.Telephony, sent)
}

// remind asks the service for a report that may have been lost, if it is one that can be asked.
func (r *Reconciler) remind(ctx context.Context, op operation) error {
	r.Contacts.Talked(op.object(), r.Now())
	connection, sent, err := r.sentWith(ctx, op)
	if err == nil {
		if service, can := connection.Telephony.(telephony.Reminder); can {
			err = op.remind(ctx, service, sent)
		}
	}
	if err != nil && !telephony.Is(err, telephony.ClassGone) {
		ctrl.LoggerFrom(ctx).Info("asking for the report of an operation failed, it is asked again", "cause", masking.Numbers(once.DescribeFailure(err).Message))
	}
	return nil
}

// sentWith is the service that a sent operation is carried out by, and its attempt.
func (r *Reconciler) sentWith(ctx context.Context, op operation) (*access.Connection, telephony.Attempt, error) {
	key, err := r.providerOf(ctx, op)
	if err != nil {
		return nil, telephony.Attempt{}, err
	}
	connection, err := r.Connections.ToCall(ctx, key, op.status().Attempt)
	if err != nil {
		return nil, telephony.Attempt{}, err
	}
	provider, err := r.providerNamed(ctx, key)
	if err != nil {
		return nil, telephony.Attempt{}, err
	}
	sent, err := (&request{Reconciler: r, op: op}).About().SentWith(r.CallbackKeys, provider)
	return connection, sent, err
}

func (r *Reconciler) providerNamed(ctx context.Context, key types.NamespacedName) (*v1alpha1.CallProvider, error) {
	provider := &v1alpha1.CallProvider{}
	return provider, r.Get(ctx, key, provider)
}

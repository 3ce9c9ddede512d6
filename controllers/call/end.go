// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/telephony"
)

// beginEnding records, before the hang-up, why the call is ended. It first polls a call that was not seen connected,
// since the outcome depends on whether somebody had answered.
func (r *Reconciler) beginEnding(ctx context.Context, call *v1alpha1.Call, reason v1alpha1.EndingReason) error {
	var facts []callstatus.Fact
	if call.Status.ConnectedTime == nil {
		if polled, err := r.ask(ctx, call); err == nil && polled != nil {
			facts = append(facts, polled)
		}
		answered := callstatus.Apply(call.Status, facts...).ConnectedTime != nil
		if answered && reason == v1alpha1.EndingRingTimeout {
			return r.writeStatus(ctx, call, facts...)
		}
	}
	return r.writeStatus(ctx, call, append(facts, callstatus.EndingBegun{Reason: reason, At: r.Now()})...)
}

// hangUp asks the service to end the call for everybody. An event or a poll then reports that it is over.
func (r *Reconciler) hangUp(ctx context.Context, call *v1alpha1.Call) error {
	r.Contacts.HungUp(call, r.Now())
	connection, err := r.connectionOf(ctx, call)
	if err == nil {
		err = connection.Telephony.HangUp(ctx, call.Status.ConnectionID)
		r.Contacts.Talked(call, r.Now())
	}
	if noted, err := r.noteUnreachable(ctx, call, err); noted {
		return err
	}
	switch {
	case err == nil:
		// The last hang-up's error is resolved, and is logged again if it recurs.
		r.noteTrouble(ctx, call, once.TroubleHangUp, nil)
		return r.noteReached(ctx, call)
	case notFound(err):
		r.Contacts.Gone(call, r.Now())
	default:
		// Not returned: decideCall schedules the next hang-up, and polls in between.
		r.noteTrouble(ctx, call, once.TroubleHangUp, err)
	}
	return nil
}

// poll asks the service for the state of the call and records changes. A conflict is ignored, since the answer
// applied to an older status.
func (r *Reconciler) poll(ctx context.Context, call *v1alpha1.Call) error {
	fact, err := r.ask(ctx, call)
	if noted, err := r.noteUnreachable(ctx, call, err); noted {
		return err
	}
	r.noteTrouble(ctx, call, once.TroublePoll, err)
	if fact == nil {
		fact = r.unobserved(err)
	}
	if fact == nil {
		return nil
	}
	return r.writeStatus(ctx, call, fact)
}

// ask asks the service for the state of the call. The fact is nil while the end of a call that is gone may still be
// reported.
func (r *Reconciler) ask(ctx context.Context, call *v1alpha1.Call) (callstatus.Fact, error) {
	defer func() { r.Contacts.Talked(call, r.Now()) }()
	connection, err := r.connectionOf(ctx, call)
	if err != nil {
		return nil, err
	}
	state, err := connection.Telephony.State(ctx, call.Status.ConnectionID)
	if notFound(err) || err == nil && state.Phase == telephony.PhaseOver {
		now := r.Now()
		if now.Sub(r.Contacts.Gone(call, now)) < graceOf(call) {
			return nil, nil
		}
		return callstatus.Gone{At: now}, nil
	}
	if err != nil {
		return nil, err
	}
	r.Contacts.Found(call)
	polled := callstatus.Polled{State: state, Pins: found(call, connection), At: r.Now()}
	if state.Phase == telephony.PhaseConnected {
		if polled.Participants, err = connection.Telephony.Roster(ctx, call.Status.ConnectionID); err != nil {
			return nil, err
		}
	}
	return polled, nil
}

// connectionOf returns the connection to the service of a live call.
func (r *Reconciler) connectionOf(ctx context.Context, call *v1alpha1.Call) (*access.Connection, error) {
	return r.Connections.ToCall(ctx, objects.ProviderKey(call), call.Status.Attempt)
}

// notFound tells whether the service itself says that it does not know the call, or no longer.
func notFound(err error) bool { return telephony.Is(err, telephony.ClassGone) }

// RemoveFinalizer removes the finalizer from a deleted Call whose call is over or was never placed.
func (r *Reconciler) removeFinalizer(ctx context.Context, call *v1alpha1.Call) error {
	if hasContext(call) {
		// The Secret is deleted with its owner anyway, so an error here does not block.
		if err := r.deleteContext(ctx, call); err != nil {
			ctrl.LoggerFrom(ctx).Info("deleting the context of an incoming call failed, it is left to the garbage collector", "cause", err.Error())
		}
	}
	if err := objects.RemoveFinalizer(ctx, r.Client, call, v1alpha1.CallFinalizer); err != nil {
		return err
	}
	r.Admission.Release(call)
	return nil
}

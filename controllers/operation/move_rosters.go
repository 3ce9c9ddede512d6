// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/internal/movestate"
	"github.com/call-operator/call-operator/telephony"
)

// pollRosters polls both rosters and records who was moved. It returns a conflict, since the answer applied to an older status.
func (r *MoveReconciler) pollRosters(ctx context.Context, move *v1alpha1.ParticipantMove) error {
	seen, err := r.rosters(ctx, move)
	now := r.Now()
	r.contacts.Looked(move, now)
	if err != nil {
		if changed, ok := access.IsProviderChanged(err); ok {
			return r.writeStatus(ctx, move, movestate.ProviderChanged{Message: changed.Message, At: now})
		}
		ctrl.LoggerFrom(ctx).Info("asking who is in the calls of a move failed, it is asked again", "cause", masking.Numbers(once.DescribeFailure(err).Message))
		return nil
	}
	seen.At = now
	return r.writeStatus(ctx, move, seen)
}

func (r *MoveReconciler) rosters(ctx context.Context, move *v1alpha1.ParticipantMove) (seen movestate.Seen, err error) {
	key, err := r.providerOf(ctx, move)
	if err != nil {
		return seen, err
	}
	connection, err := r.Connections.ToCall(ctx, key, move.Status.Attempt)
	if err != nil {
		return seen, err
	}
	if seen.InTarget, err = roster(ctx, connection, move.Status.To); err != nil {
		return seen, err
	}
	seen.InSource, err = roster(ctx, connection, move.Status.From)
	return seen, err
}

// roster returns the participants of a call: none if it is over.
func roster(ctx context.Context, connection *access.Connection, call *v1alpha1.MovedCall) ([]telephony.Participant, error) {
	participants, err := connection.Telephony.Roster(ctx, call.ConnectionID)
	if telephony.Is(err, telephony.ClassGone) {
		return nil, nil
	}
	return participants, err
}

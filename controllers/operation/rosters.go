// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// pollRosters polls the rosters of the calls and records what they show. It returns a conflict, since the answer applied to an older
// status.
func (r *Reconciler) pollRosters(ctx context.Context, op operation) error {
	if op.traits().stops {
		if err := r.remind(ctx, op); err != nil {
			return err
		}
	}
	seen, err := r.rosters(ctx, op)
	now := r.Now()
	r.Contacts.Looked(op.object(), now)
	if err != nil {
		if changed, ok := access.IsProviderChanged(err); ok {
			return op.write(ctx, r, operationstatus.ProviderChanged{Message: changed.Message, At: now})
		}
		ctrl.LoggerFrom(ctx).Info("asking who is in the calls of an operation failed, it is asked again", "cause", masking.Numbers(once.DescribeFailure(err).Message))
		return nil
	}
	return op.write(ctx, r, operationstatus.Seen{Rosters: seen, At: now})
}

// rosters are those of the operation's calls, in their order. They are read in the opposite order: who leaves a call for a later one
// is then in none of them rather than in both.
func (r *Reconciler) rosters(ctx context.Context, op operation) ([][]telephony.Participant, error) {
	key, err := r.providerOf(ctx, op)
	if err != nil {
		return nil, err
	}
	connection, err := r.Connections.ToCall(ctx, key, op.status().Attempt)
	if err != nil {
		return nil, err
	}
	calls := op.sent()
	rosters := make([][]telephony.Participant, len(calls))
	for i := len(calls) - 1; i >= 0; i-- {
		if rosters[i], err = connection.Roster(ctx, calls[i].ConnectionID); err != nil {
			return nil, err
		}
	}
	return rosters, nil
}

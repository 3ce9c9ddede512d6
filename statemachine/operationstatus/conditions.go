// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/conditions"
	"github.com/call-operator/call-operator/statemachine"
)

// setConditions derives the conditions from the rest of the status.
func setConditions(status operation, at time.Time) {
	common := status.common()
	conditions.Set(&common.Conditions, max(common.ObservedGeneration, 0), statemachine.Timestamp(at), summarise(status))
}

func summarise(status operation) conditions.Summary {
	common, result, words := status.common(), status.result(), status.words()
	switch {
	case result != nil && result.good:
		return conditions.Summary{State: conditions.Ready, Reason: result.outcome, Message: result.message}
	case result != nil:
		return conditions.Summary{State: conditions.Stalled, Reason: result.outcome, Message: result.message}
	case common.Waiting != nil:
		return conditions.Summary{State: conditions.Reconciling, Reason: common.Waiting.Reason, Message: common.Waiting.Message}
	case common.Attempt != nil:
		return conditions.Summary{State: conditions.Reconciling, Reason: words.running, Message: words.underWay}
	default:
		return conditions.Summary{State: conditions.Reconciling, Reason: v1alpha1.ReasonPending, Message: words.pending}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// Operate implements telephony.Service.
func (s *service) Operate(context.Context, telephony.OperateRequest, telephony.Attempt) (telephony.Answer, error) {
	return telephony.Answer{}, &telephony.Error{
		Class: telephony.ClassUnsupported, Outcome: telephony.OutcomeNotMade, Reason: v1alpha1.ReasonUnsupported,
		Sentence: "With Asterisk, the operator carries out no operations in calls yet.",
	}
}

// Stop implements telephony.Service.
func (s *service) Stop(context.Context, telephony.OperateRequest, telephony.Attempt) error {
	return nil
}

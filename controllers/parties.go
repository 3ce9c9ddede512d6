// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// partiesText is who calls whom, as text.
func partiesText(spec *v1alpha1.CallSpec) (from, to string) {
	if spec.Inbound != nil {
		return party.Text(spec.Inbound.From), party.Text(&spec.Inbound.To)
	}
	return callerText(spec.From), party.Text(spec.To)
}

func callerText(caller *v1alpha1.Caller) string {
	switch {
	case caller == nil:
		return ""
	case caller.PhoneNumber != "":
		return string(caller.PhoneNumber)
	case caller.CommunicationUser != "":
		return caller.CommunicationUser
	default:
		return caller.DisplayName
	}
}

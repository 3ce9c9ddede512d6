// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephonytest

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// Endpoint is where every Service is.
const Endpoint = "https://telephony.example.com"

// Adapter leads every provider to one Service.
type Adapter struct{ Service *Service }

var _ telephony.Adapter = Adapter{}

// SecretRef implements telephony.Adapter.
func (Adapter) SecretRef(*v1alpha1.CallProvider) *v1alpha1.SecretKeyReference { return nil }

// Connect implements telephony.Adapter.
func (a Adapter) Connect(*v1alpha1.CallProvider, string, telephony.Observer) (telephony.Service, string, error) {
	return a.Service, Endpoint, nil
}

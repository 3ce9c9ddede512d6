// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephonytest

import (
	"context"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// Endpoint is where every Service is.
const Endpoint = "https://telephony.example.com"

// Adapter leads every provider to one Service.
type Adapter struct{ Service *Service }

var _ telephony.Adapter = Adapter{}

// Credentials implements telephony.Adapter.
func (Adapter) Credentials(*v1alpha1.CallProvider) telephony.SecretNeed {
	return telephony.SecretNeed{}
}

// Endpoint implements telephony.Adapter.
func (Adapter) Endpoint(*v1alpha1.CallProvider) string { return Endpoint }

// Traits implements telephony.Adapter.
func (Adapter) Traits(*v1alpha1.CallProvider) telephony.Traits {
	return telephony.Traits{RepeatsUnanswered: true}
}

// Connect implements telephony.Adapter.
func (a Adapter) Connect(*v1alpha1.CallProvider, map[string][]byte, telephony.Observer) (telephony.Service, string, error) {
	return a.Service, Endpoint, nil
}

// NoObserver watches nothing.
func NoObserver() telephony.Observer {
	return telephony.Observer{
		Begin: func(context.Context, string) func(int) { return func(int) {} }, Answered: func(telephony.Answered) {},
	}
}

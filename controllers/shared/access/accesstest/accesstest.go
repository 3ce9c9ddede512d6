// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package accesstest makes connections for the tests of the reconcilers.
package accesstest

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// New are the connections to ACS that a manager makes.
func New(secrets client.Reader, now func() time.Time) *access.Connections {
	return &access.Connections{Providers: secrets, Secrets: secrets, Now: now, Adapter: telephony.Adapters{"acs": &telephonyacs.Adapter{Now: now}}}
}

// SetTransport replaces what sends the requests.
func SetTransport(connections *access.Connections, transport telephony.Transport) {
	acsOf(connections).Transport = transport
}

// SetNow replaces the clock.
func SetNow(connections *access.Connections, now func() time.Time) {
	connections.Now = now
	acsOf(connections).Now = now
}

func acsOf(connections *access.Connections) *telephonyacs.Adapter {
	return connections.Adapter.(telephony.Adapters)["acs"].(*telephonyacs.Adapter)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// newConnections are the connections to ACS that a manager makes.
func newConnections(secrets client.Reader, now func() time.Time) *Connections {
	return &Connections{Providers: secrets, Secrets: secrets, Now: now, Adapter: &telephonyacs.Adapter{Now: now}}
}

func setTransport(connections *Connections, transport telephony.Transport) {
	connections.Adapter.(*telephonyacs.Adapter).Transport = transport
}

func setNow(connections *Connections, now func() time.Time) {
	connections.Now = now
	connections.Adapter.(*telephonyacs.Adapter).Now = now
}

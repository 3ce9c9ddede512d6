// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// newConnections and setTransport are those of package accesstest, which imports this one.
func newConnections(secrets client.Reader, now func() time.Time) *Connections {
	return &Connections{Providers: secrets, Secrets: secrets, Now: now, Adapter: telephony.Adapters{"acs": &telephonyacs.Adapter{Now: now}}}
}

func setTransport(connections *Connections, transport telephony.Transport) {
	acsOf(connections).Transport = transport
}

func acsOf(connections *Connections) *telephonyacs.Adapter {
	return connections.Adapter.(telephony.Adapters)["acs"].(*telephonyacs.Adapter)
}

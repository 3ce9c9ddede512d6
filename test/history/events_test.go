// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEventsIn(t *testing.T) {
	cases := []struct {
		name, reason, body string
		want               []Event
	}{
		{
			"Callback", "a list of CloudEvents",
			`[{"id":"e1","type":"Microsoft.Communication.ParticipantsUpdated","data":{"callConnectionId":"c1","correlationId":"k1","sequenceNumber":7}}]`,
			[]Event{{ID: "e1", Type: "ParticipantsUpdated", ConnectionID: "c1", CorrelationID: "k1", Sequence: 7}},
		},
		{
			"Move", "whom a move is about",
			`[{"id":"e1","type":"Microsoft.Communication.MoveParticipantSucceeded","data":{"participant":{"rawId":"4:+14255550123"}}}]`,
			[]Event{{ID: "e1", Type: "MoveParticipantSucceeded", Participant: "4:+14255550123"}},
		},
		{
			"EventGrid", "Event Grid's own schema", `[{"id":"g1","eventType":"Microsoft.Communication.IncomingCall","data":{"correlationId":"k1"}}]`,
			[]Event{{ID: "g1", Type: "IncomingCall", CorrelationID: "k1"}},
		},
		{
			"CloudEvent", "a CloudEvent by itself", `{"id":"g1","type":"Microsoft.Communication.IncomingCall","data":{"correlationId":"k1"}}`,
			[]Event{{ID: "g1", Type: "IncomingCall", CorrelationID: "k1"}},
		},
		{"Handshake", "a handshake tells of no call", `[{"id":"v","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{}}]`, nil},
		{"NoJSON", "what cannot be read tells nothing", `{`, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, EventsIn([]byte(tc.body))); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func TestTargetOf(t *testing.T) {
	if got := TargetOf("/v1/callbacks/calls/team/reminder/00000000-0000-4000-8000-000000000001?token=t"); got != "00000000-0000-4000-8000-000000000001" {
		t.Errorf("the target is %q", got)
	}
	if got := TargetOf("/v1/event-grid/team/acs?token=t"); got != "" {
		t.Errorf("Event Grid's URL names the object %q", got)
	}
}

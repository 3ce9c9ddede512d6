// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/internal/callbackurl"
)

// TargetOf is the UID of the object that a callback's path and query name; empty for Event Grid's.
func TargetOf(uri string) types.UID {
	path, _, _ := strings.Cut(uri, "?")
	target, err := callbackurl.ParsePath(path)
	if err != nil {
		return ""
	}
	return target.UID
}

// EventsIn are the events in the body of a callback, in either schema of Event Grid too. Handshakes are none.
func EventsIn(body []byte) []Event {
	type event struct {
		ID, Type, EventType string
		Data                struct {
			CallConnectionID, CorrelationID, OperationContext string
			SequenceNumber                                    int64
			Participant                                       struct{ RawID string }
		}
	}
	var events []event
	if json.Unmarshal(body, &events) != nil {
		events = make([]event, 1)
		if json.Unmarshal(body, &events[0]) != nil {
			return nil
		}
	}
	var read []Event
	for _, e := range events {
		kind := strings.TrimPrefix(e.Type+e.EventType, "Microsoft.Communication.")
		if e.ID == "" || strings.HasPrefix(kind, "Microsoft.EventGrid") {
			continue
		}
		read = append(read, Event{
			ID: e.ID, Type: kind, ConnectionID: e.Data.CallConnectionID, CorrelationID: e.Data.CorrelationID,
			Sequence: e.Data.SequenceNumber, Participant: e.Data.Participant.RawID, OperationContext: e.Data.OperationContext,
		})
	}
	return read
}

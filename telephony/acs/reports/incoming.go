// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// maxValidationCode limits what is sent back. Event Grid's codes are GUIDs.
const maxValidationCode = 256

// Consent implements telephony.Reports: the handshake of the CloudEvents schema. It accepts events from this origin, at any rate.
// Source: https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema.
func (*Reports) Consent(header http.Header) map[string]string {
	origin := header.Get("WebHook-Request-Origin")
	if len(validation.IsDNS1123Subdomain(strings.ToLower(origin))) > 0 {
		return nil
	}
	return map[string]string{"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": http.MethodPost}
}

// DecodeIncoming implements telephony.Reports, for both schemas of Event Grid. One event may come without a list.
func (*Reports) DecodeIncoming(body []byte) ([]telephony.IncomingReport, error) {
	var elements []json.RawMessage
	if body = bytes.TrimSpace(body); !bytes.HasPrefix(body, []byte("[")) {
		body = slices.Concat([]byte("["), body, []byte("]"))
	}
	if err := json.Unmarshal(body, &elements); err != nil {
		return nil, err
	}
	reports := make([]telephony.IncomingReport, len(elements))
	for i, element := range elements {
		reports[i] = decodeElement(element)
	}
	return reports, nil
}

func decodeElement(element json.RawMessage) telephony.IncomingReport {
	// The client would treat a nested list as several events.
	isList := bytes.HasPrefix(bytes.TrimSpace(element), []byte("["))
	events, err := acs.ParseEventGrid(element)
	switch {
	case isList || err != nil || len(events) != 1:
		return telephony.IncomingReport{Malformed: true}
	case events[0].Validation != nil:
		return validated(events[0].Validation.ValidationCode)
	case events[0].IncomingCall != nil:
		return telephony.IncomingReport{Call: incomingOf(&events[0])}
	case events[0].RecordingFile != nil && events[0].RecordingFile.RecordingID != "":
		return telephony.IncomingReport{Recording: recordedIn(&events[0])}
	}
	return telephony.IncomingReport{}
}

// validated answers the handshake of the Event Grid schema.
func validated(code string) telephony.IncomingReport {
	if code == "" || len(code) > maxValidationCode {
		return telephony.IncomingReport{Malformed: true}
	}
	// A map of strings can always be encoded.
	answer, _ := json.Marshal(map[string]string{"validationResponse": code})
	return telephony.IncomingReport{Answer: answer}
}

func recordedIn(event *acs.GridEvent) *telephony.Recorded {
	recorded := &telephony.Recorded{EventID: event.ID, Time: event.Time, Recording: event.RecordingFile.RecordingID}
	for _, chunk := range event.RecordingFile.RecordingStorageInfo.RecordingChunks {
		recorded.Files = append(recorded.Files, v1alpha1.RecordingFile{
			ContentLocation: chunk.ContentLocation, MetadataLocation: chunk.MetadataLocation, DeleteLocation: chunk.DeleteLocation,
		})
	}
	return recorded
}

func incomingOf(event *acs.GridEvent) *telephony.IncomingCall {
	from := event.IncomingCall
	incoming := &telephony.IncomingCall{
		ID: event.ID, Time: event.Time, From: partyOf(from.From), To: partyOf(from.To), CallerDisplayName: from.CallerDisplayName,
		Call:   telephony.CallIDs{ServerCall: from.ServerCallID, Correlation: from.CorrelationID},
		Handle: from.IncomingCallContext,
	}
	if from.OnBehalfOfCallee != nil {
		incoming.OnBehalfOf = partyOf(*from.OnBehalfOfCallee)
	}
	if context := from.CustomContext; context != nil {
		incoming.SIPHeaders, incoming.VoIPHeaders = context.SIPHeaders, context.VoIPHeaders
	}
	return incoming
}

// partyOf converts an ACS identifier to a party of the API. It is nil only for an empty identifier and for a caller who withholds
// the number; a party without another name gets its raw ID.
func partyOf(id acs.Identifier) *v1alpha1.Identifier { return party.FromRawID(id.ID()) }

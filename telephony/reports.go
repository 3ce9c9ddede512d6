// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"context"
	"net/http"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Reports authenticates and decodes what the services of one kind send over HTTP. It needs no credentials of theirs. Authentication
// fails with an [*AuthenticationError]; any other error says that the result is not known now.
type Reports interface {
	// AuthenticateEvents checks that a report about a call comes from the service that the provider leads to, or from the one that the
	// call's request was sent to, which is nil if unknown.
	AuthenticateEvents(ctx context.Context, provider *v1alpha1.CallProvider, sentTo *v1alpha1.AttemptService, header http.Header) error
	// DecodeEvents decodes a report about a call, and counts the events of unknown types: a service may add types at any time.
	DecodeEvents(body []byte) (events []Event, unknown int, err error)

	// AuthenticateIncoming checks that a report of incoming calls is meant for the provider.
	AuthenticateIncoming(ctx context.Context, provider *v1alpha1.CallProvider, header http.Header) error
	// DecodeIncoming decodes a report of incoming calls. The error says that it has no elements at all.
	DecodeIncoming(body []byte) ([]IncomingReport, error)
	// Consent is the header of the answer to a service that asks whether it may report incoming calls; nil if the header of the
	// request does not ask that.
	Consent(header http.Header) map[string]string
}

// IncomingReport is an element of a report of incoming calls. An element about something else is empty.
type IncomingReport struct {
	// Call is a call that rings.
	Call *IncomingCall
	// Recording says where the content of a recording is.
	Recording *Recorded
	// Answer is the JSON that the service expects as the answer: it asks whether it may report incoming calls.
	Answer []byte
	// Malformed says that the element cannot be decoded.
	Malformed bool
}

// Recorded is a recording whose content can be fetched.
type Recorded struct {
	// EventID is the event's, and Time when it happened.
	EventID string
	Time    time.Time
	// Recording is the service's ID of it.
	Recording string
	Files     []v1alpha1.RecordingFile
}

// AuthenticationError says why a report does not count as the service's. It contains nothing from the request.
type AuthenticationError struct {
	// Word is the cause, one of a few, for the answer and the metrics.
	Word string
	// Reason is a condition reason of package v1alpha1, and Message says what the provider's owner can do.
	Reason, Message string
	// Err is why this cannot be determined now; nil if the report is refused.
	Err error
}

func (e *AuthenticationError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return "refused: " + e.Word
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"context"
	"net/http"

	"github.com/call-operator/call-operator/internal/callbackurl"
)

// Streams serve the connections that services of one kind open to report on them, rather than with a request for each report.
type Streams interface {
	// Serve takes a connection that a provider's service has opened, and returns when it has ended. The caller has checked who it is.
	Serve(w http.ResponseWriter, r *http.Request, sink Sink)
}

// Sink takes what a service reports on a stream.
type Sink interface {
	// Record returns once the API server has what an event says about an object, or it is old news, or the object is gone. An error says
	// that it never will be.
	Record(ctx context.Context, target callbackurl.Target, event Event) error
	// RecordIncoming is Record for a call that rings.
	RecordIncoming(ctx context.Context, incoming *IncomingCall) error
	// RecordRingOver is Record for the end of a call that RecordIncoming was told of, and that nobody answered. Of incoming, only ID and
	// Call.ServerCall are set.
	RecordRingOver(ctx context.Context, incoming *IncomingCall, event Event) error
	// Failed reports that an event cannot be understood, or recorded.
	Failed(what string, err error)
}

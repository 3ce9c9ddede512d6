// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// maxBodyBytes limits the body of a callback. The largest event is a roster; with 350 participants, the maximum of a
	// call, it stays below 100 kB.
	maxBodyBytes = 256 << 10

	// maxGridBodyBytes limits the body of an Event Grid delivery: a batch has 1 MB at most, and a single event of 1 MB
	// may be a batch, plus its envelope.
	maxGridBodyBytes = 1<<20 + 64<<10

	// maxHeaderBytes limits the request line and the headers. A JSON Web Token has 1 to 2 kB, a callback URL at most half
	// of one. (net/http adds 4 kB of slack.)
	maxHeaderBytes = 16 << 10

	// readHeaderTimeout limits the wait for the headers, so that idle senders do not hold connections.
	readHeaderTimeout = 5 * time.Second

	// readTimeout limits the wait for headers and body: 256 kB even over a slow link.
	readTimeout = 15 * time.Second

	// recordTimeout limits the write of a status with all its retries: long enough for an API server that restarts behind
	// a load balancer, short enough that the sender still waits for the answer.
	recordTimeout = 10 * time.Second

	// gridTimeout limits the writes of an Event Grid delivery. Event Grid waits 30 seconds for an answer.
	gridTimeout = 20 * time.Second

	// parallelEvents is how many events of a delivery are written at once.
	parallelEvents = 8

	// writeTimeout limits a request as a whole. It is above the sum of reading, waiting for a pending write and writing,
	// because a connection cut before the answer makes the sender repeat what was recorded.
	writeTimeout = readTimeout + 2*recordTimeout + 5*time.Second

	// idleTimeout is how long a connection is kept for the sender's next callback.
	idleTimeout = 2 * time.Minute

	// maxConcurrent limits the authentic requests in progress and, with maxBodyBytes, their memory: 256 MB if all had the
	// largest body, a few MB with real events.
	maxConcurrent = 1000

	// maxGridConcurrent limits the deliveries of Event Grid in progress and, with maxGridBodyBytes, their memory. Normal
	// ones have 9 kB and take some milliseconds.
	maxGridConcurrent = 64

	// maxWaiting limits the requests that wait for a pending write to one object. A call has a few events a second;
	// beyond this limit, senders have to retry.
	maxWaiting = 100
)

// newHTTPServer returns a server with the limits above.
func newHTTPServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}

// reasonUnreadable says that the body was incomplete.
const reasonUnreadable = "body_unreadable"

// readBody reads the body up to limit bytes. The response is nil on success.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *response) {
	if r.ContentLength > limit {
		return nil, &response{code: http.StatusRequestEntityTooLarge, reason: "body_too_large", unread: true}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &tooLarge):
		return nil, &response{code: http.StatusRequestEntityTooLarge, reason: "body_too_large", unread: true}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &response{code: http.StatusRequestTimeout, reason: "body_timeout", unread: true}
	default:
		return nil, &response{code: http.StatusBadRequest, reason: reasonUnreadable, unread: true}
	}
}

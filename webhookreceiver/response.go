// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// errProviderMissing says that the CallProvider of an object does not exist.
var errProviderMissing = errors.New("the CallProvider does not exist")

// response is the answer to a callback.
type response struct {
	// code is the HTTP status, reason one word for the answer, the log and the metrics.
	code   int
	reason string
	// target is the object, once the token has proved it.
	target callbackurl.Target
	// unread says that the body was not read to its end.
	unread bool
	// err is the cause of a 5xx, and failed what the log says with it; "" means that a callback could not be recorded.
	err    error
	failed string
	// header goes with the answer.
	header map[string]string
	// json is the body that the sender expects instead of the reason.
	json []byte
}

// notAllowed lists the allowed methods (RFC 9110, section 15.5.6).
func notAllowed(methods string) response {
	return response{
		code: http.StatusMethodNotAllowed, reason: "method", unread: true, header: map[string]string{"Allow": methods},
	}
}

// body is the answer's, and its type.
func (v response) body() (contentType, body string) {
	if v.json != nil {
		return "application/json; charset=utf-8", string(v.json)
	}
	return "text/plain; charset=utf-8", v.reason + "\n"
}

func (v response) about(target callbackurl.Target) response {
	v.target = target
	return v
}

func (v response) unreadBody() response {
	v.unread = true
	return v
}

// forEventGrid translates the response into codes with that effect on Event Grid; see the package documentation. After
// 503 it waits for 30 seconds, as long as a call rings, after 408 for minutes, and after 400 it gives up.
func (v response) forEventGrid() response {
	v.failed = "a delivery of Event Grid could not be recorded"
	switch {
	case errors.Is(v.err, errProviderMissing):
		v.code = http.StatusNotFound
	case v.code == http.StatusServiceUnavailable, v.code == http.StatusRequestTimeout, v.reason == reasonUnreadable:
		v.code = http.StatusInternalServerError
	}
	return v
}

// responseTo maps an error to an answer: 401 is the sender's fault; 503 is temporary, so a retry is worthwhile; 500
// needs a person here.
func responseTo(err error) response {
	var unauthenticated *telephony.AuthenticationError
	var panicked *panicError
	switch {
	case errors.As(err, &unauthenticated) && unauthenticated.Err == nil:
		return response{code: http.StatusUnauthorized, reason: unauthenticated.Word}
	case unauthenticated != nil:
		return response{code: http.StatusServiceUnavailable, reason: unauthenticated.Word, err: err}
	case errors.Is(err, errOverloaded):
		return response{code: http.StatusServiceUnavailable, reason: "overloaded", err: err}
	case errors.Is(err, errProviderMissing):
		return response{code: http.StatusServiceUnavailable, reason: "provider_missing", err: err}
	case errors.Is(err, context.Canceled):
		return response{code: http.StatusServiceUnavailable, reason: "sender_gone"}
	case errors.As(err, &panicked):
		return response{code: http.StatusInternalServerError, reason: "internal", err: err}
	case isFinal(err):
		return response{code: http.StatusInternalServerError, reason: "api_refused", err: err}
	}
	return response{code: http.StatusServiceUnavailable, reason: "api_unavailable", err: err}
}

// logResponse logs what may need a person's attention. Errors that anybody on the internet can cause only count in
// metrics unless the verbosity is higher, so that nobody can fill the log.
func (s *Server) logResponse(v response) {
	log := s.log.WithValues("code", v.code, "reason", v.reason)
	if v.target.Name != "" {
		log = log.WithValues("kind", v.target.Kind, "namespace", v.target.Namespace, "name", v.target.Name)
	}
	var panicked *panicError
	switch {
	case errors.As(v.err, &panicked):
		log.Error(nil, "a request made the receiver panic", "stack", string(panicked.stack))
	case v.err != nil:
		log.Error(nil, cmp.Or(v.failed, "a callback could not be recorded"), "cause", describe(v.err))
	default:
		log.V(1).Info("request answered")
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Error is a refusal: Asterisk answered, and did not carry the request out. If it is Foreign, something else answered.
type Error struct {
	// Operation is the method of Client.
	Operation string
	// StatusCode is the HTTP status, and Message what Asterisk said; "" if it said nothing.
	StatusCode int
	Message    string
	// Foreign says that the answer does not look like Asterisk's, so that it may be a proxy's.
	Foreign bool
}

func (e *Error) Error() string {
	said := e.Message
	if said == "" {
		said = http.StatusText(e.StatusCode)
	}
	return fmt.Sprintf("ari: %s: %d: %s", e.Operation, e.StatusCode, said)
}

// NotSentError says that a request never left this program: no connection was made.
type NotSentError struct {
	Operation string
	cause     error
}

func (e *NotSentError) Error() string {
	return fmt.Sprintf("ari: %s was not sent: %v", e.Operation, e.cause)
}

func (e *NotSentError) Unwrap() error { return e.cause }

// StatusOf is the HTTP status of a refusal, 0 for any other error and for none.
func StatusOf(err error) int {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.StatusCode
	}
	return 0
}

// IsGone tells whether Asterisk itself says that a channel, bridge or application does not exist.
func IsGone(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound && !refused.Foreign
}

// refusedBy is the error of an answer that is no success. Asterisk says {"message": ...} and, of some failures, {"error": ...}.
func refusedBy(operation string, response *http.Response, answer []byte) error {
	var said struct {
		Message string `json:"message"`
		Error   string `json:"error"`
	}
	notJSON := json.Unmarshal(answer, &said) != nil
	message := said.Message
	if message == "" {
		message = said.Error
	}
	// A refused login has no JSON.
	plain := response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden
	foreign := !strings.HasPrefix(response.Header.Get("Server"), "Asterisk") && (notJSON || message == "") && !plain
	return &Error{Operation: operation, StatusCode: response.StatusCode, Message: message, Foreign: foreign}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// maxErrorBody limits how much of an error's body is decoded.
	maxErrorBody = 64 << 10
	// maxErrorText limits an error's code and message, in bytes.
	maxErrorText = 2 << 10
	// maxRetryAfter limits the accepted Retry-After.
	maxRetryAfter = 24 * time.Hour
	// maxInnerErrors limits the depth of inner errors.
	maxInnerErrors = 10
)

// Error is a request that did not succeed.
type Error struct {
	// Operation is the operation's name, such as createCall.
	Operation string
	// StatusCode is the HTTP status, 0 when there was no answer.
	StatusCode int
	// Code is the service's error code as sent: a word or a number.
	Code string
	// Form is the form of the body, which shows which server answered. It is set only if there was an answer.
	Form ErrorForm
	// Repeatability is what the answer says about the request's Repeatability ID.
	Repeatability RepeatabilityResult
	// SubCode is the service's sub-code, 0 when it sent none: its subCode, or else its code where that is a number other
	// than the status, or else the same of its inner errors. Describe says what it means.
	SubCode int
	// Message is the service's message without GUIDs and times, so that the same cause always has the same text. For an error
	// in another form, it is the first line of a plain text, or the name of the status.
	Message string
	// Outcome says what is known of the request's effect, over all its tries.
	Outcome Outcome
	// RetryAfter is how long the service asked to wait, 0 when it did not.
	RetryAfter time.Duration
	// RequestID and ChainID are for Microsoft's support. They are not part of the text, so that the same cause always has the
	// same text.
	RequestID, ChainID string
	// Err is the underlying error, if there was no answer or an unreadable one.
	Err error
}

// Error names the operation, the status, the code and the message.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(e.Operation)
	text.WriteString(":")
	if e.StatusCode == 0 {
		fmt.Fprintf(&text, " no answer from the service (%v)", e.Err)
		return text.String()
	}
	fmt.Fprintf(&text, " %d", e.StatusCode)
	if e.Code != "" {
		fmt.Fprintf(&text, " %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	return text.String()
}

// Unwrap returns the underlying error.
func (e *Error) Unwrap() error { return e.Err }

// errorBody is the service's error. The code is documented as a string; numbers are read too.
type errorBody struct {
	Error struct {
		innerError
		Message flexibleString `json:"message"`
	} `json:"error"`
}

// innerError is the part of an error that an inner error repeats.
type innerError struct {
	Code       flexibleString  `json:"code"`
	SubCode    flexibleString  `json:"subCode"`
	InnerError json.RawMessage `json:"innererror"`
}

// flexibleString reads a string or a number, and nothing else as "".
type flexibleString string

func (f *flexibleString) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*f = flexibleString(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err == nil {
		*f = flexibleString(number.String())
	}
	return nil
}

// errorFrom returns the error of a response. It reads the body.
func errorFrom(operation string, response *http.Response) *Error {
	failed := &Error{
		Operation:  operation,
		StatusCode: response.StatusCode,
		RequestID:  response.Header.Get(headerClientRequestID),
		ChainID:    response.Header.Get("X-Microsoft-Skype-Chain-ID"),
		RetryAfter: retryAfter(response.Header, time.Now()),
		Outcome:    outcomeOfStatus(response.StatusCode),
	}
	failed.Repeatability = repeatabilityResult(response.Header)
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if err != nil {
		body = nil
	}
	failed.readBody(response.Header, body)
	if response.StatusCode < http.StatusMultipleChoices && failed.Form != FormOther {
		// A success that the API does not know.
		failed.Form = FormService
	}
	return failed
}

// bounded cuts a text that is too long, between two characters.
func bounded(text string) string {
	if len(text) > maxErrorText {
		text = text[:maxErrorText]
	}
	return strings.ToValidUTF8(text, "")
}

// subCode takes the sub-code from where the service put it. The status again is no sub-code.
func (e innerError) subCode(status int) int {
	for range maxInnerErrors {
		for _, text := range []flexibleString{e.SubCode, e.Code} {
			if number, err := strconv.Atoi(string(text)); err == nil && number != status {
				return number
			}
		}
		inner := innerError{}
		if json.Unmarshal(e.InnerError, &inner) != nil {
			break
		}
		e = inner
	}
	return 0
}

// What differs from one failure to the next: GUIDs and long hexadecimal numbers, and times.
var (
	idPattern   = regexp.MustCompile(`(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b`)
	timePattern = regexp.MustCompile(`(?i)\b((\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2}|((mon|tue|wed|thu|fri|sat|sun)[a-z]*, )?\d{1,2} [a-z]{3,9} \d{4})[T ]+)?` +
		`\d{1,2}:\d{2}:\d{2}([.,]\d+)?( ?[ap]m\b)?(Z\b|[+-]\d{2}:?\d{2}\b| (UTC|GMT)\b)?`)
)

// withoutIDs removes the varying parts, so that the same cause always has the same message.
func withoutIDs(message string) string {
	return timePattern.ReplaceAllString(idPattern.ReplaceAllString(message, "<id>"), "<time>")
}

// retryAfter reads Retry-After, in seconds or as a date, and its variants in milliseconds.
func retryAfter(header http.Header, now time.Time) time.Duration {
	for _, name := range []string{"retry-after-ms", "x-ms-retry-after-ms"} {
		if wait := waitOf(header.Get(name), time.Millisecond); wait > 0 {
			return wait
		}
	}
	value := header.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(now), 0), maxRetryAfter)
	}
	return waitOf(value, time.Second)
}

// waitOf reads a number of units.
func waitOf(text string, unit time.Duration) time.Duration {
	count, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || count <= 0:
		return 0
	case count > int64(maxRetryAfter/unit):
		return maxRetryAfter
	default:
		return time.Duration(count) * unit
	}
}

// errorWithoutAnswer returns the error of a request without an answer.
func errorWithoutAnswer(operation string, err error) *Error {
	var wrapped *Error
	if errors.As(err, &wrapped) {
		return wrapped
	}
	return &Error{Operation: operation, Err: err, Outcome: outcomeOfTransport(err)}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// isFinal tells whether retries are useless until a person acts: the API server understood the request and rejects
// it. Any other error, above all an unreachable API server, may be temporary.
func isFinal(err error) bool {
	var panicked *panicError
	if errors.As(err, &panicked) {
		return true
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status().Code {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// describe is err for the log. The API server's message about an invalid status repeats the value, which may be a
// phone number; the fields alone say enough.
func describe(err error) string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return err.Error()
	}
	s := status.Status()
	text := fmt.Sprintf("the API server answered %d %s", s.Code, s.Reason)
	if s.Details == nil || len(s.Details.Causes) == 0 {
		return text
	}
	fields := make([]string, 0, len(s.Details.Causes))
	for _, cause := range s.Details.Causes {
		fields = append(fields, fmt.Sprintf("%s (%s)", cause.Field, cause.Type))
	}
	return text + ": " + strings.Join(fields, ", ")
}

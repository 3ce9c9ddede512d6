// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Codes of errors that the service does not send in its own form.
const (
	// codeNoResource is of what no version of the API has.
	// Source: https://github.com/Azure/azure-sdk-for-python/issues/38974.
	codeNoResource = "<no resource>"
	// codeText is of an error in plain text.
	codeText = "<text>"

	contentJSON = "application/json; charset=utf-8"
	contentText = "text/plain; charset=utf-8"
)

// expiredContext is the error for an incoming call whose context is too old: a plain text that holds the time.
// Source: https://github.com/Azure/azure-sdk-for-js/issues/31772.
func expiredContext(now, until time.Time) *apiError {
	const clock = "01/02/2006 15:04:05"
	return &apiError{http.StatusBadRequest, codeText, fmt.Sprintf(
		"IDX23010: Lifetime validation of the signed http request failed. Current time: '%s' UTC, signed http request is valid until: '%s' UTC.",
		now.UTC().Format(clock), until.UTC().Format(clock))}
}

func (e *apiError) response() *response {
	var sent any
	switch e.code {
	case codeText:
		return &response{status: e.status, kind: contentText, body: []byte(e.message)}
	case codeNoResource:
		sent = map[string]any{"Message": e.message}
	default:
		sent = map[string]any{"error": map[string]any{"code": e.code, "message": e.message}}
	}
	body, err := json.Marshal(sent)
	if err != nil {
		panic("an error is always JSON: " + err.Error())
	}
	return &response{status: e.status, body: body}
}

func (r *response) write(w http.ResponseWriter) {
	if r.chainID != "" {
		w.Header().Set("X-Microsoft-Skype-Chain-ID", r.chainID)
	}
	if r.body != nil {
		w.Header().Set("Content-Type", cmp.Or(r.kind, contentJSON))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) //nolint:gosec // JSON that encoding/json made, or a constant text, served as such.
}

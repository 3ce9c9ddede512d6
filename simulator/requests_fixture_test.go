// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

func jsonText(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// answer is an answer to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (f *fixture) send(r *http.Request) answer {
	f.Helper()
	response, err := f.web.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, body}
}

// admin sends a request to the admin API and decodes its answer.
func (f *fixture) admin(method, path string, body, into any) answer {
	f.Helper()
	encoded := bytes.NewReader(nil)
	if body != nil {
		encoded = bytes.NewReader([]byte(jsonText(body)))
	}
	r, err := http.NewRequestWithContext(f.Context(), method, f.base+"/_simulator"+path, encoded)
	if err != nil {
		f.Fatal(err)
	}
	got := f.send(r)
	if into != nil {
		if err := json.Unmarshal(got.body, into); err != nil {
			f.Fatalf("%s %s: %d %s: %v", method, path, got.status, got.body, err)
		}
	}
	return got
}

// fault enables a fault through the admin API.
func (f *fixture) fault(fault map[string]any) {
	f.Helper()
	if got := f.admin(http.MethodPost, "/faults", fault, nil); got.status != http.StatusCreated {
		f.Fatalf("switch on %v: %d %s", fault, got.status, got.body)
	}
}

// signed makes a signed request to the REST API.
func (f *fixture) signed(method, path, body string) *http.Request {
	f.Helper()
	if !strings.Contains(path, "api-version") {
		path += "?api-version=2026-03-12"
	}
	r, err := http.NewRequestWithContext(f.Context(), method, f.base+path, strings.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	key, err := acs.NewAccessKey(accessKey)
	if err != nil {
		f.Fatal(err)
	}
	date, hash := time.Now().UTC().Format(http.TimeFormat), acs.ContentHash([]byte(body))
	signature := key.Sign(acs.StringToSign(method, r.URL.RequestURI(), date, r.URL.Host, hash))
	r.Header.Set("x-ms-date", date)
	r.Header.Set("x-ms-content-sha256", hash)
	r.Header.Set("Authorization", "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="+signature)
	r.Header.Set("Content-Type", "application/json")
	return r
}

// rest sends a signed request.
func (f *fixture) rest(method, path, body string) answer {
	f.Helper()
	return f.send(f.signed(method, path, body))
}

// repeat are fresh Repeatability headers.
func repeat() acs.Repeatability {
	return acs.Repeatability{ID: uuid.NewString(), FirstSent: time.Now()}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"testing"
)

// TestWithAPIVersion: the version of one request changes nothing of the client's others.
func TestWithAPIVersion(t *testing.T) {
	t.Parallel()
	s := serve(t, func(int, exchange) reply { return reply{status: 201, body: `{"callConnectionId":"cc-1"}`} })
	client := clientOf(t, s.URL, ClientOptions{APIVersion: "2025-05-15"})
	request := CreateCallRequest{Targets: []Identifier{phone}, CallbackURI: "https://app.example.test/cb"}
	for _, c := range []*Client{client.WithAPIVersion("2024-04-15"), client.WithAPIVersion(""), client} {
		if _, err := c.CreateCall(t.Context(), request, repeat); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"api-version=2024-04-15", "api-version=2025-05-15", "api-version=2025-05-15"}
	for i, received := range s.received() {
		if received.Query != want[i] {
			t.Errorf("request %d has %s, want %s", i, received.Query, want[i])
		}
	}
}

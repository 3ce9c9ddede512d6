// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestFrontKeepsConnectionsApart: what a dead manager sends on a connection of its own does not pass the Gate of the next manager.
func TestFrontKeepsConnectionsApart(t *testing.T) {
	arrived := 0
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived++ }))
	defer service.Close()
	f := NewFront(t, service.URL)
	send := func(client *http.Client) error {
		response, err := client.Post(f.URL()+"/channels/create", "", nil)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		return response.Body.Close()
	}
	first, second := &Gate{}, &Gate{}
	old, young := &http.Client{Transport: &http.Transport{}}, &http.Client{Transport: &http.Transport{}}
	defer old.CloseIdleConnections()
	defer young.CloseIdleConnections()
	f.use(t, first)
	must(t, send(old))
	first.Kill()
	f.use(t, second)
	if err := send(old); err == nil {
		t.Error("a request of the dead manager was answered")
	}
	must(t, send(young))
	if len(first.Sent()) != 1 || len(second.Sent()) != 1 || arrived != 2 {
		t.Errorf("the first manager sent %v, the second %v, and %d requests arrived, want 1, 1, 2", first.Sent(), second.Sent(), arrived)
	}
}

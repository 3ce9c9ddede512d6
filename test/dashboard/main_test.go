// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dashboard tests the dashboard's server against a real API server, with and without a page.
package dashboard

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// window is a page that is open.
type window struct {
	t        *testing.T
	base     string
	token    string
	messages chan message
	closed   chan struct{}
}

// message is the part of a message to the page that the tests check.
type message struct {
	Anew  bool   `json:"anew"`
	User  string `json:"user"`
	Calls []struct {
		Namespace, Name, UID, Phase, Message string
	} `json:"calls"`
	Actions []struct {
		Name, Call, Operation, What, Phase, Outcome, Answer string
	} `json:"actions"`
	Gone    []string `json:"gone"`
	Trouble []struct {
		Kind, Message string
		SignIn        bool `json:"signIn"`
	} `json:"trouble"`
	Rights map[string]struct{ Dial, Change, Move, Operate string } `json:"rights"`
}

// serve serves a dashboard for as long as the test.
func serve(t *testing.T, people dashboard.Authenticator) string {
	t.Helper()
	server, err := dashboard.New(dashboard.Options{Authenticator: people, Log: logr.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		server.Close()
		web.Close()
	})
	return web.URL
}

// open opens a page of a namespace.
func open(t *testing.T, base, token, namespace string) *window {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &window{t: t, base: base, token: token, messages: make(chan message, 1000), closed: make(chan struct{})}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/stream?namespace="+namespace, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request) //nolint:bodyclose // It is, when the test ends.
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("the stream was answered with %s: %s", answer.Status, text)
	}
	go func() {
		defer close(w.closed)
		lines := bufio.NewReader(answer.Body)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			data, found := strings.CutPrefix(line, "data: ")
			var m message
			if found && json.Unmarshal([]byte(data), &m) == nil {
				w.messages <- m
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-w.closed
		_ = answer.Body.Close()
	})
	return w
}

// await waits for a message.
func (w *window) await(what string, wanted func(message) bool) message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	for {
		select {
		case m := <-w.messages:
			if wanted(m) {
				return m
			}
		case <-ctx.Done():
			w.t.Fatalf("waited %s until %s", harness.Patience, what)
		}
	}
}

// awaitCall waits until a Call is shown in a phase.
func (w *window) awaitCall(name, phase string) {
	w.t.Helper()
	w.await("Call "+name+" is "+phase, func(m message) bool {
		for _, call := range m.Calls {
			if call.Name == name && call.Phase == phase {
				return true
			}
		}
		return false
	})
}

// do asks for something to be done, and returns the answer's code and message.
func (w *window) do(path string, body any) (int, string) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.base+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var said struct{ Message string }
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, said.Message
}

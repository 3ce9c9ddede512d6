// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Asterisk takes requests on the WebSocket of its events, with the rights of the WebSocket's user.

// streamBase is the base URL of requests on a stream. Nothing looks it up.
const streamBase = "http://asterisk.invalid/ari"

// writeTimeout limits how long a request may take to leave.
const writeTimeout = 10 * time.Second

// errStreamClosed says that a stream ended before the answer.
var errStreamClosed = errors.New("the WebSocket was closed before the answer")

// streamPatience is how long an answer on a stream may take. Asterisk answers within some 20 ms.
const streamPatience = 10 * time.Second

// Client sends requests on the stream. Somebody has to call Next meanwhile: it receives the answers.
func (s *Stream) Client() *Client {
	base, err := url.Parse(streamBase)
	if err != nil {
		panic(err) // It is a constant.
	}
	return &Client{
		base: base, http: &http.Client{Transport: streamTransport{s}, Timeout: streamPatience}, authorize: func(http.Header) {},
		begin: func(context.Context, string) func(int, error) { return func(int, error) {} },
	}
}

// restRequest and restResponse are what goes over the WebSocket.
type restRequest struct {
	Type        string      `json:"type"`
	RequestID   string      `json:"request_id"`
	Method      string      `json:"method"`
	URI         string      `json:"uri"`
	Query       []restQuery `json:"query_strings,omitempty"`
	ContentType string      `json:"content_type,omitempty"`
	Body        string      `json:"message_body,omitempty"`
}

type restQuery struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type restResponse struct {
	RequestID   string `json:"request_id"`
	StatusCode  int    `json:"status_code"`
	Reason      string `json:"reason_phrase"`
	ContentType string `json:"content_type"`
	Body        string `json:"message_body"`
}

// restResponseType is the type of the message with an answer.
const restResponseType = "RESTResponse"

// answers are the requests that wait for theirs.
type answers struct {
	mu      sync.Mutex
	last    int
	waiting map[string]chan restResponse
	closed  bool
}

func (a *answers) expect() (id string, answer <-chan restResponse, _ error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return "", nil, errStreamClosed
	}
	if a.waiting == nil {
		a.waiting = map[string]chan restResponse{}
	}
	a.last++
	id = strconv.Itoa(a.last)
	waiting := make(chan restResponse, 1)
	a.waiting[id] = waiting
	return id, waiting, nil
}

func (a *answers) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// deliver hands an answer to its request, and drops one that nobody waits for.
func (a *answers) deliver(answer restResponse) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if waiting, ok := a.waiting[answer.RequestID]; ok {
		delete(a.waiting, answer.RequestID)
		waiting <- answer
	}
}

// close ends all waits.
func (a *answers) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for id, waiting := range a.waiting {
		delete(a.waiting, id)
		close(waiting)
	}
}

// streamTransport sends requests on a stream.
type streamTransport struct{ stream *Stream }

// RoundTrip implements http.RoundTripper.
func (t streamTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	message := restRequest{
		Type: "RESTRequest", Method: request.Method, URI: strings.TrimPrefix(request.URL.EscapedPath(), "/ari/"),
		ContentType: request.Header.Get("Content-Type"),
	}
	for name, values := range request.URL.Query() {
		for _, value := range values {
			message.Query = append(message.Query, restQuery{name, value})
		}
	}
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		_ = request.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
		message.Body = string(body)
	}
	id, waiting, err := t.stream.answers.expect()
	if err != nil {
		return nil, err
	}
	defer t.stream.answers.forget(id)
	message.RequestID = id
	text, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	if err := t.send(request.Context(), text); err != nil {
		return nil, err
	}
	select {
	case <-request.Context().Done():
		return nil, request.Context().Err()
	case answer, open := <-waiting:
		if !open {
			return nil, errStreamClosed
		}
		return answer.http(request), nil
	}
}

// send sends a message. A WebSocket is of no use after a message that was broken off, so the request's own context does not end it.
func (t streamTransport) send(ctx context.Context, text []byte) error {
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		// From here on it may have left.
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	if err := t.stream.socket.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("sending the request: %w", err)
	}
	return nil
}

func (r restResponse) http(request *http.Request) *http.Response {
	return &http.Response{
		StatusCode: r.StatusCode, Status: fmt.Sprintf("%d %s", r.StatusCode, r.Reason), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {r.ContentType}, "Server": {"Asterisk"}}, Body: io.NopCloser(bytes.NewBufferString(r.Body)), Request: request,
	}
}

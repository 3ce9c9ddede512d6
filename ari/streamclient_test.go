// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/ari"
)

// streamRequest is a request as Asterisk gets it on a WebSocket.
type streamRequest struct {
	Type      string              `json:"type"`
	RequestID string              `json:"request_id"`
	Method    string              `json:"method"`
	URI       string              `json:"uri"`
	Query     []map[string]string `json:"query_strings"`
	Body      string              `json:"message_body"`
}

// farEnd is Asterisk's end of a WebSocket that it opened.
type farEnd struct {
	t      *testing.T
	socket *websocket.Conn
}

// opened is a WebSocket that Asterisk opened: the client for it, and Asterisk's end.
func opened(t *testing.T) (*ari.Client, *farEnd) {
	t.Helper()
	streams := make(chan *ari.Stream, 1)
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		stream, err := ari.Accept(w, r)
		if err != nil {
			t.Error(err)
			close(streams)
			return
		}
		streams <- stream
		for err == nil {
			_, err = stream.Next(r.Context())
		}
	}))
	t.Cleanup(server.Close)
	socket, response, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{Subprotocols: []string{"ari"}})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() {
		_ = socket.CloseNow()
		<-ended
	})
	return (<-streams).Client(), &farEnd{t: t, socket: socket}
}

// next is the next request.
func (p *farEnd) next() streamRequest {
	p.t.Helper()
	_, data, err := p.socket.Read(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	var request streamRequest
	if err := json.Unmarshal(data, &request); err != nil || request.Type != "RESTRequest" || request.RequestID == "" {
		p.t.Fatalf("this is no request: %s", data)
	}
	return request
}

func (p *farEnd) answer(request streamRequest, status int, body string) {
	p.t.Helper()
	text, err := json.Marshal(map[string]any{
		"type": "RESTResponse", "request_id": request.RequestID, "status_code": status, "reason_phrase": http.StatusText(status),
		"uri": request.URI, "content_type": "application/json", "message_body": body,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.socket.Write(p.t.Context(), websocket.MessageText, text); err != nil {
		p.t.Fatal(err)
	}
}

// TestRequestOnAStream: what goes over the WebSocket is what would go over HTTP.
func TestRequestOnAStream(t *testing.T) {
	client, asterisk := opened(t)
	var created *ari.Channel
	var err error
	var sending sync.WaitGroup
	sending.Go(func() {
		created, err = client.CreateChannel(t.Context(), ari.ChannelToCreate{
			Endpoint: "PJSIP/+14255550123@trunk", ID: "a/b", App: "operator", Variables: map[string]ari.Variable{"KEY": {Value: "x", Reported: true}},
		})
	})
	request := asterisk.next()
	slices.SortFunc(request.Query, func(a, b map[string]string) int { return strings.Compare(a["name"], b["name"]) })
	want := streamRequest{
		Type: "RESTRequest", RequestID: request.RequestID, Method: http.MethodPost, URI: "channels/create",
		Query: []map[string]string{
			{"name": "app", "value": "operator"}, {"name": "channelId", "value": "a/b"}, {"name": "endpoint", "value": "PJSIP/+14255550123@trunk"},
		},
		Body: `{"variables":{"KEY":{"value":"x","report_events":true}}}`,
	}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("the request (-want +got):\n%s", diff)
	}
	asterisk.answer(request, http.StatusOK, `{"id":"a/b","state":"Down"}`)
	sending.Wait()
	if err != nil || created.ID != "a/b" || created.State != ari.StateDown {
		t.Errorf("got %+v, %v", created, err)
	}
	sending.Go(func() { err = client.HangUp(t.Context(), "a/b", "busy") })
	if request = asterisk.next(); request.Method != http.MethodDelete || request.URI != "channels/a%2Fb" {
		t.Errorf("an ID with a slash is one part of the path: %+v", request)
	}
	asterisk.answer(request, http.StatusNotFound, `{"message":"Channel not found"}`)
	sending.Wait()
	if !ari.IsGone(err) || !strings.Contains(err.Error(), "Channel not found") {
		t.Errorf("a refusal is Asterisk's own: %v", err)
	}
}

// TestAnswersOnAStream: each request gets its own answer, whatever the order, and events in between harm nothing.
func TestAnswersOnAStream(t *testing.T) {
	client, asterisk := opened(t)
	ids := []string{"a", "b", "c"}
	got := make([]string, len(ids))
	var sending sync.WaitGroup
	for i, id := range ids {
		sending.Go(func() {
			channel, err := client.Channel(t.Context(), id)
			if err != nil {
				t.Error(err)
			}
			got[i] = channel.ID
		})
	}
	var requests []streamRequest
	for range ids {
		requests = append(requests, asterisk.next())
	}
	asterisk.answer(streamRequest{RequestID: "of nobody"}, http.StatusOK, `{}`)
	slices.Reverse(requests)
	for _, request := range requests {
		if err := asterisk.socket.Write(t.Context(), websocket.MessageText, []byte(stasisEnd)); err != nil {
			t.Fatal(err)
		}
		asterisk.answer(request, http.StatusOK, `{"id":"`+strings.TrimPrefix(request.URI, "channels/")+`"}`)
	}
	sending.Wait()
	if !slices.Equal(got, ids) {
		t.Errorf("the answers are %v, want %v", got, ids)
	}
}

// TestLargeAnswerOnAStream: an Asterisk with many calls has a long list of them.
func TestLargeAnswerOnAStream(t *testing.T) {
	client, asterisk := opened(t)
	const many = 10_000
	one := `{"id":"` + strings.Repeat("i", 36) + `","name":"` + strings.Repeat("n", 300) + `"}`
	var got []ari.Channel
	var err error
	var sending sync.WaitGroup
	sending.Go(func() { got, err = client.Channels(t.Context()) })
	asterisk.answer(asterisk.next(), http.StatusOK, "["+strings.TrimSuffix(strings.Repeat(one+",", many), ",")+"]")
	sending.Wait()
	if err != nil || len(got) != many {
		t.Errorf("%d channels, %v", len(got), err)
	}
}

// TestStreamEndsBeforeTheAnswer: nobody knows whether Asterisk has carried it out. After that, nothing is sent.
func TestStreamEndsBeforeTheAnswer(t *testing.T) {
	client, asterisk := opened(t)
	var err error
	var sending sync.WaitGroup
	sending.Go(func() { err = client.Answer(t.Context(), "a") })
	asterisk.next()
	_ = asterisk.socket.Close(websocket.StatusGoingAway, "restart")
	sending.Wait()
	var notSent *ari.NotSentError
	if err == nil || ari.StatusOf(err) != 0 || errors.As(err, &notSent) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("the answer never came: %v", err)
	}
	if err := client.Answer(t.Context(), "a"); !errors.As(err, &notSent) {
		t.Errorf("the stream has ended: %v", err)
	}
}

// TestWaitOnAStreamIsGivenUp: a caller does not wait for ever, and a late answer harms nothing.
func TestWaitOnAStreamIsGivenUp(t *testing.T) {
	client, asterisk := opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	var err error
	var sending sync.WaitGroup
	sending.Go(func() { err = client.Answer(ctx, "a") })
	late := asterisk.next()
	cancel()
	sending.Wait()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	asterisk.answer(late, http.StatusNoContent, "")
	sending.Go(func() { err = client.Ring(t.Context(), "a") })
	asterisk.answer(asterisk.next(), http.StatusNoContent, "")
	sending.Wait()
	if err != nil {
		t.Errorf("the next request: %v", err)
	}
}

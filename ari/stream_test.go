// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"github.com/call-operator/call-operator/ari"
)

const stasisEnd = `{"type":"StasisEnd","timestamp":"2026-11-29T19:43:38.537+0000","channel":{"id":"a"}}`

// TestConnect: events come in order, one that cannot be decoded harms no other, and a closed socket is an error.
func TestConnect(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, given, _ := r.BasicAuth(); name != user || given != password || r.URL.RawQuery != "app=operator&subscribeAll=false" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		socket, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		for _, text := range []string{`{"type":"ApplicationRegistered"}`, "{", stasisEnd} {
			if err := socket.Write(r.Context(), websocket.MessageText, []byte(text)); err != nil {
				t.Error(err)
			}
		}
		_ = socket.Close(websocket.StatusGoingAway, "")
	}))
	defer server.Close()
	wrong, err := ari.New(ari.Options{URL: server.URL + "/ari", Username: user, Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Connect(t.Context(), "operator"); ari.StatusOf(err) != http.StatusUnauthorized {
		t.Errorf("a wrong password is refused: %v", err)
	}
	client, err := ari.New(ari.Options{URL: server.URL + "/ari", Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := client.Connect(t.Context(), "operator")
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Next(t.Context())
	if _, ok := first.Data.(*ari.ApplicationRegistered); err != nil || !ok {
		t.Fatalf("the first event is %+v, %v", first, err)
	}
	var bad *ari.EventError
	if _, err := stream.Next(t.Context()); !errors.As(err, &bad) {
		t.Fatalf("what is no event is said to be none: %v", err)
	}
	last, err := stream.Next(t.Context())
	if end, ok := last.Data.(*ari.StasisEnd); err != nil || !ok || end.Channel.ID != "a" {
		t.Fatalf("the last event is %+v, %v", last, err)
	}
	if event, err := stream.Next(t.Context()); err == nil || errors.As(err, &bad) {
		t.Errorf("the socket is closed, and %+v, %v came", event, err)
	}
}

// TestAccept: Asterisk opens the socket, and nobody else.
func TestAccept(t *testing.T) {
	heard := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stream, err := ari.Accept(w, r)
		if err == nil {
			var event ari.Event
			event, err = stream.Next(r.Context())
			if err == nil && event.Type != "StasisEnd" {
				err = errors.New("heard " + event.Type)
			}
			_ = stream.Close()
		}
		heard <- err
	}))
	defer server.Close()
	open := func(ctx context.Context, subprotocols ...string) {
		socket, response, err := websocket.Dial(ctx, server.URL, &websocket.DialOptions{Subprotocols: subprotocols})
		if err != nil {
			t.Fatal(err)
		}
		if response.Body != nil {
			_ = response.Body.Close()
		}
		socket.CloseRead(ctx)
		_ = socket.Write(ctx, websocket.MessageText, []byte(stasisEnd))
	}
	open(t.Context(), "ari")
	if err := <-heard; err != nil {
		t.Errorf("Asterisk is heard: %v", err)
	}
	open(t.Context())
	if err := <-heard; err == nil {
		t.Error("a browser is taken for Asterisk")
	}
}

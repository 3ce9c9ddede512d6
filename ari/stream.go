// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
)

// mostMessageBytes limits the size of a message: an event, or an answer in a text that escapes its quotation marks.
const mostMessageBytes = 2 * mostAnswerBytes

// subprotocol is what Asterisk asks for when it opens the WebSocket.
const subprotocol = "ari"

// Stream is a WebSocket with the events of one or more applications.
type Stream struct {
	socket  *websocket.Conn
	answers answers
}

// Connect opens a WebSocket for the events of an application. What happens while none is open is not reported later.
func (c *Client) Connect(ctx context.Context, application string) (*Stream, error) {
	address := c.base.JoinPath("events")
	address.RawQuery = queryOf("app", application, "subscribeAll", "false").Encode()
	header := http.Header{}
	c.authorize(header)
	//nolint:bodyclose // Dial says that the body need not be closed.
	socket, response, err := websocket.Dial(ctx, address.String(), &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: header})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusedBy("Connect", response, nil)
		}
		return nil, fmt.Errorf("ari: Connect: %w", withoutURL(err))
	}
	return newStream(socket), nil
}

// Accept takes a WebSocket that Asterisk opens. Check its credentials first: Accept does not. If it fails, it has answered.
func Accept(w http.ResponseWriter, r *http.Request) (*Stream, error) {
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		return nil, fmt.Errorf("ari: Accept: %w", err)
	}
	if socket.Subprotocol() != subprotocol {
		_ = socket.Close(websocket.StatusPolicyViolation, "this is for Asterisk: the subprotocol must be "+subprotocol)
		return nil, errors.New("ari: Accept: the client does not speak ARI")
	}
	return newStream(socket), nil
}

func newStream(socket *websocket.Conn) *Stream {
	socket.SetReadLimit(mostMessageBytes)
	return &Stream{socket: socket}
}

// Next waits for the next event, and receives the answers to requests of Client. After an error that is not an *EventError the stream is of no use any more; when ctx ends, it is
// closed.
func (s *Stream) Next(ctx context.Context) (Event, error) {
	for {
		_, data, err := s.socket.Read(ctx)
		if err != nil {
			s.answers.close()
			return Event{}, fmt.Errorf("ari: the WebSocket is closed: %w", err)
		}
		var message struct {
			Type string `json:"type"`
			restResponse
		}
		if json.Unmarshal(data, &message) == nil && message.Type == restResponseType {
			s.answers.deliver(message.restResponse)
			continue
		}
		event, err := ParseEvent(data)
		if err != nil {
			return Event{}, &EventError{cause: err}
		}
		return event, nil
	}
}

// EventError says that an event cannot be decoded. The next one can be.
type EventError struct{ cause error }

func (e *EventError) Error() string { return e.cause.Error() }

func (e *EventError) Unwrap() error { return e.cause }

// Ping asks whether Asterisk is still there. Next must be waiting meanwhile.
func (s *Stream) Ping(ctx context.Context) error {
	if err := s.socket.Ping(ctx); err != nil {
		return fmt.Errorf("ari: Ping: %w", err)
	}
	return nil
}

// Close closes the stream.
func (s *Stream) Close() error {
	if err := s.socket.Close(websocket.StatusNormalClosure, ""); err != nil {
		return fmt.Errorf("ari: Close: %w", err)
	}
	return nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// control is a connection to baresip's module ctrl_tcp: JSON in netstrings, which are LENGTH:TEXT and a comma.
type control struct {
	connection net.Conn
	answer     bool

	mu     sync.Mutex
	tokens int
	// answers are awaited, by their tokens.
	answers map[string]chan controlMessage
	// events are how often something happened.
	events map[string]int
	failed error
}

// controlMessage is an answer to a command, or an event.
type controlMessage struct {
	Response bool   `json:"response"`
	OK       bool   `json:"ok"`
	Data     string `json:"data"`
	Token    string `json:"token"`

	Event bool   `json:"event"`
	Type  string `json:"type"`
}

// ringing is the event of an incoming call. baresip does not report one that it answers by itself.
const ringing = "CALL_INCOMING"

// toneHeard is the event of a DTMF tone that begins.
const toneHeard = "CALL_DTMF_START"

// controlOf connects to a phone as soon as it listens. If it is to answer, it answers all calls.
func controlOf(ctx context.Context, port int, answer bool) (*control, error) {
	c := &control{answer: answer, answers: map[string]chan controlMessage{}, events: map[string]int{}}
	err := await(ctx, "the phone listens", func(ctx context.Context) (bool, error) {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false, nil //nolint:nilerr // It does not listen yet.
		}
		c.connection = connection
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	go c.read()
	return c, nil
}

func (c *control) read() {
	reader := bufio.NewReader(c.connection)
	for {
		message, err := readNetstring(reader)
		c.mu.Lock()
		switch waits := c.answers[message.Token]; {
		case err != nil:
			c.failed = err
			for token, waits := range c.answers {
				close(waits)
				delete(c.answers, token)
			}
			c.mu.Unlock()
			return
		case message.Event:
			c.events[message.Type]++
			if c.answer && message.Type == ringing {
				go func() { _ = c.do(context.Background(), "accept", "") }() // It fails if the call is over already.
			}
		case waits != nil:
			delete(c.answers, message.Token)
			waits <- message
		}
		c.mu.Unlock()
	}
}

func readNetstring(reader *bufio.Reader) (controlMessage, error) {
	var message controlMessage
	length, err := reader.ReadString(':')
	if err != nil {
		return message, err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return message, err
	}
	text := make([]byte, n+1)
	if _, err := io.ReadFull(reader, text); err != nil {
		return message, err
	}
	return message, json.Unmarshal(text[:n], &message)
}

// do has the phone carry out a command.
func (c *control) do(ctx context.Context, command, parameters string) error {
	waits := make(chan controlMessage, 1)
	c.mu.Lock()
	if c.failed != nil {
		c.mu.Unlock()
		return fmt.Errorf("the phone is gone: %w", c.failed)
	}
	c.tokens++
	token := strconv.Itoa(c.tokens)
	c.answers[token] = waits
	c.mu.Unlock()
	text, err := json.Marshal(map[string]string{"command": command, "params": parameters, "token": token})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.connection, "%d:%s,", len(text), text); err != nil {
		return fmt.Errorf("the phone is gone: %w", err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("the phone did not answer to %s: %w", command, ctx.Err())
	case answer, open := <-waits:
		if !open || !answer.OK {
			return fmt.Errorf("the phone refused %s: %s", command, answer.Data)
		}
		return nil
	}
}

// count is how often an event has happened.
func (c *control) count(event string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events[event]
}

func (c *control) close() { _ = c.connection.Close() }

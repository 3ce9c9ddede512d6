// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package reports takes the WebSockets that Asterisks open (websocket_client.conf), and says what their events mean.
//
// What an event says of one call is recorded in order; calls do not wait for each other. Who is in a call is not in the events, so it is
// asked for, on the same WebSocket: no password of Asterisk is needed.
package reports

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// pingPause is how often Asterisk is asked whether it is still there, and pingPatience how long it may take to answer.
	pingPause, pingPatience = 15 * time.Second, 10 * time.Second

	// mostPending is how many events may wait to be recorded. After that no more are read: Asterisk keeps them.
	mostPending = 10_000

	// closePatience is how long a connection that is to be closed stays open for what was read before: Asterisk answers on it who is
	// in a call.
	closePatience = 5 * time.Second
)

// Reports serve Asterisk's WebSockets. They implement telephony.Streams.
type Reports struct {
	// Now tells the time.
	Now func() time.Time
}

var _ telephony.Streams = (*Reports)(nil)

// Serve implements telephony.Streams.
func (r *Reports) Serve(w http.ResponseWriter, request *http.Request, sink telephony.Sink) {
	stream, err := ari.Accept(w, request)
	if err != nil {
		sink.Failed("accept", err)
		return
	}
	defer func() { _ = stream.Close() }()
	ctx, cancel := context.WithCancel(context.WithoutCancel(request.Context()))
	defer cancel()
	go keepAlive(ctx, stream, cancel)
	lanes := newLanes(mostPending)
	defer lanes.wait()
	defer context.AfterFunc(request.Context(), func() {
		lanes.awaitEmpty()
		cancel()
	})()
	reader := &reader{client: stream.Client(), sink: sink, now: r.Now}
	for {
		event, err := stream.Next(ctx)
		var bad *ari.EventError
		switch {
		case errors.As(err, &bad):
			sink.Failed("decode", err)
		case err != nil:
			return
		default:
			for _, about := range reader.about(event) {
				lanes.add(ctx, about.lane, func() { about.record(ctx) })
			}
		}
	}
}

// keepAlive notices that Asterisk is gone although nothing closed the connection.
func keepAlive(ctx context.Context, stream *ari.Stream, cancel context.CancelFunc) {
	ticker := time.NewTicker(pingPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		patience, done := context.WithTimeout(ctx, pingPatience)
		err := stream.Ping(patience)
		done()
		if err != nil {
			cancel()
			return
		}
	}
}

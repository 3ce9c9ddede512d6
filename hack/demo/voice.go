// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/call-operator/call-operator/test/asterisk/pbx"
)

const (
	// voiceHertz is the tone that is played in place of a voice. Phones play others.
	voiceHertz = 1500
	// voiceLength is long enough for a phone to recognise the tone.
	voiceLength = 2 * time.Second
)

// voice is a speech service for Asterisk. It answers the same tone for each text, so that a phone can tell that something is said.
type voice struct {
	listener net.Listener
	server   *http.Server

	mu   sync.Mutex
	said []string
}

func startVoice() (*voice, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the speech service: %w", err)
	}
	v := &voice{listener: listener}
	v.server = &http.Server{Handler: v, ReadHeaderTimeout: time.Minute}
	go func() { _ = v.server.Serve(listener) }()
	return v, nil
}

// url is a template for spec.asterisk.speechURL.
func (v *voice) url() string { return fmt.Sprintf("http://%s/say?text=$(text)", v.listener.Addr()) }

// ServeHTTP implements http.Handler.
func (v *voice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	if text := r.URL.Query().Get("text"); !slices.Contains(v.said, text) {
		v.said = append(v.said, text)
	}
	v.mu.Unlock()
	w.Header().Set("Content-Type", "audio/wav")
	_, _ = w.Write(pbx.Tone(voiceHertz, voiceLength).WAV())
}

// texts are what Asterisk had read out, in order.
func (v *voice) texts() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.said)
}

func (v *voice) close() error {
	if err := v.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("stop the speech service: %w", err)
	}
	return nil
}

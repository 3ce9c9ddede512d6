// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/call-operator/call-operator/simulator"
)

// service is the admin API of the simulator.
type service struct{ url string }

func (s service) setPhone(ctx context.Context, phone simulator.Phone) error {
	return s.send(ctx, http.MethodPut, "phones", phone)
}

func (s service) addFault(ctx context.Context, fault simulator.Fault) error {
	return s.send(ctx, http.MethodPost, "faults", fault)
}

func (s service) clearFaults(ctx context.Context) error {
	return s.send(ctx, http.MethodDelete, "faults", nil)
}

// callIn has a phone call one of our numbers.
func (s service) callIn(ctx context.Context, from, to string) error {
	return s.send(ctx, http.MethodPost, "incoming-calls", map[string]string{"from": from, "to": to})
}

// journal are the entries after one.
func (s service) journal(ctx context.Context, since int64) ([]simulator.Entry, error) {
	answer, err := s.get(ctx, fmt.Sprintf("%s/_simulator/journal?since=%d", s.url, since))
	if err != nil {
		return nil, err
	}
	var read struct{ Entries []simulator.Entry }
	if err := json.Unmarshal(answer, &read); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return read.Entries, nil
}

func (s service) get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

func (s service) send(ctx context.Context, method, path string, body any) error {
	contents, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.url+"/_simulator/"+path, bytes.NewReader(contents))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("simulator: %s %s: %s", method, path, bytes.TrimSpace(text))
	}
	return nil
}

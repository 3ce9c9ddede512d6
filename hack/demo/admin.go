// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/call-operator/call-operator/test/devstack"
)

// askSimulator reads what the simulator's admin API answers at a path.
func askSimulator(ctx context.Context, stack *devstack.Stack, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, stack.SimulatorURL+"/_simulator/"+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the simulator for its %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("ask the simulator for its %s: %w", path, err)
	}
	return nil
}

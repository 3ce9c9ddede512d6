// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/test/devstack"
)

// startDashboard serves the dashboard of all namespaces, to anyone with the address.
func startDashboard(stack *devstack.Stack) (address string, stop func() error, err error) {
	local, err := dashboard.NewLocal(stack.Plane.Config, "", 0)
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- local.Serve(ctx) }()
	return local.Address, func() error {
		cancel()
		if err := <-stopped; err != nil {
			return fmt.Errorf("stop the dashboard: %w", err)
		}
		return nil
	}, nil
}

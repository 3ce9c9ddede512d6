// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devstack"
)

// callsIn are the Calls of a namespace. There has to be one.
func callsIn(ctx context.Context, stack *devstack.Stack, namespace string) ([]v1alpha1.Call, error) {
	var out bytes.Buffer
	if err := stack.Kubectl(ctx, &out, "-n", namespace, "get", "calls", "-o", "json"); err != nil {
		return nil, err
	}
	var calls v1alpha1.CallList
	if err := json.Unmarshal(out.Bytes(), &calls); err != nil {
		return nil, fmt.Errorf("read the Calls: %w", err)
	}
	if len(calls.Items) == 0 {
		return nil, fmt.Errorf("there are no Calls in the namespace %s", namespace)
	}
	return calls.Items, nil
}

// compare finds Calls whose outcome is not the one in an annotation.
func compare(calls []v1alpha1.Call, annotation string, outcome func(*v1alpha1.Call) string) error {
	var errs []error
	for i := range calls {
		if got, want := outcome(&calls[i]), calls[i].Annotations[annotation]; got != want {
			errs = append(errs, fmt.Errorf("call %s: the outcome is %s instead of %s", calls[i].Name, got, want))
		}
	}
	return errors.Join(errs...)
}

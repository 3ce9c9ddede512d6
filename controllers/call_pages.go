// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// pageOfCalls is the page size when Calls are listed from the API server.
const pageOfCalls = 500

// eachPageOfCalls visits the Calls in a namespace, page by page, until visit says that it has seen enough.
func eachPageOfCalls(ctx context.Context, reader client.Reader, namespace string, visit func([]v1alpha1.Call) (enough bool)) error {
	for next := ""; ; {
		var page v1alpha1.CallList
		if err := reader.List(ctx, &page, client.InNamespace(namespace), client.Limit(pageOfCalls), client.Continue(next)); err != nil {
			return err
		}
		if next = page.Continue; visit(page.Items) || next == "" {
			return nil
		}
	}
}

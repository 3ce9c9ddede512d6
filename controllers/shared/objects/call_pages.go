// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// PageOfCalls is the page size when Calls are listed from the API server.
const PageOfCalls = 500

// EachPageOfCalls visits the Calls in a namespace, page by page, until visit says that it has seen enough.
func EachPageOfCalls(ctx context.Context, reader client.Reader, namespace string, visit func([]v1alpha1.Call) (enough bool)) error {
	for next := ""; ; {
		var page v1alpha1.CallList
		if err := reader.List(ctx, &page, client.InNamespace(namespace), client.Limit(PageOfCalls), client.Continue(next)); err != nil {
			return err
		}
		if next = page.Continue; visit(page.Items) || next == "" {
			return nil
		}
	}
}

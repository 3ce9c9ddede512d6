// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// CannotSuspend says why a DialOut can neither be suspended nor resumed.
func CannotSuspend(dialOut *v1alpha1.DialOut) string {
	switch {
	case dialOut.Status.Over():
		return "The dial-out is over."
	case !dialOut.DeletionTimestamp.IsZero():
		return "The dial-out is being deleted."
	default:
		return ""
	}
}

// Suspend suspends or resumes a DialOut. Doing so twice changes nothing.
func (c Client) Suspend(ctx context.Context, ref Ref, suspend bool) (*v1alpha1.DialOut, error) {
	dialOut := &v1alpha1.DialOut{}
	if err := c.Kube.Get(ctx, ref.Key(), dialOut); err != nil {
		return nil, err
	}
	obstacle := CannotSuspend(dialOut)
	if ref.UID != "" && ref.UID != dialOut.UID {
		obstacle = "The dial-out that you selected is gone; this is another one with the same name."
	}
	if obstacle != "" {
		return nil, fmt.Errorf("DialOut %s: %s", dialOut.Name, obstacle)
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": dialOut.UID}, "spec": map[string]any{"suspend": suspend}})
	if err != nil {
		return nil, err
	}
	return dialOut, c.Kube.Patch(ctx, dialOut, client.RawPatch(types.MergePatchType, patch))
}

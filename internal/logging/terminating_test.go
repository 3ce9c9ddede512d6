// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// TestNamespaceThatIsBeingDeleted: that nothing can be made in it is what deleting it means, and other errors stay errors.
func TestNamespaceThatIsBeingDeleted(t *testing.T) {
	terminating := apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "e", errors.New("it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	other := apierrors.NewForbidden(schema.GroupResource{Resource: "events"}, "e", errors.New("rbac"))
	tests := []struct {
		reason string
		err    error
		logged bool
	}{
		{"an Event that cannot be made there", terminating, false},
		{"a right that is missing", other, true},
		{"no error at all", nil, true},
	}
	for _, tc := range tests {
		var out bytes.Buffer
		options := NewOptions()
		zap.WriteTo(&out)(&options)
		log, err := New(options)
		if err != nil {
			t.Fatal(err)
		}
		log.WithName("events").WithValues("a", "b").Error(tc.err, "Server rejected event")
		if logged := strings.Contains(out.String(), `"level":"error"`); logged != tc.logged || (out.Len() > 0) != tc.logged {
			t.Errorf("%s: logged %q", tc.reason, out.String())
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// AnotherSimulator is a second ACS resource, with phones of its own. It lasts as long as the test.
func (w *World) AnotherSimulator(t testing.TB, options Options) *Simulator {
	t.Helper()
	if len(options.Numbers) == 0 {
		options.Numbers = []string{Caller}
	}
	return newSimulator(t, options, nil)
}

// Lead has the provider lead to a simulator from now on. The manager hears of the edit of spec, and so reads the Secret again.
func (w *World) Lead(t testing.TB, to *Simulator) {
	t.Helper()
	var secret corev1.Secret
	must(t, w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: SecretName}, &secret))
	secret.StringData = map[string]string{SecretKey: to.ConnectionString()}
	must(t, w.Client.Update(t.Context(), &secret))
	for {
		var provider v1alpha1.CallProvider
		must(t, w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: ProviderName}, &provider))
		provider.Spec.ACS.Endpoint = to.server.URL
		err := w.Client.Update(t.Context(), &provider)
		if err == nil {
			return
		}
		if !apierrors.IsConflict(err) {
			t.Fatal(err)
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestBadProvider breaks a provider in one way after another. Each time its condition says what to change, a Call waits, and nobody is
// rung. When it is repaired, the Call is placed.
func TestBadProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	w.start(t)
	other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>Welcome</html>")) }))
	defer other.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	defer untrusted.Close()
	// The first one changes the provider, so that it is noticed at once; an unusable provider is checked again every few seconds.
	cases := []struct {
		name            string
		breakIt         func(*v1alpha1.AsteriskProvider, map[string][]byte)
		reason, message string
	}{
		{
			"wrong application", func(p *v1alpha1.AsteriskProvider, _ map[string][]byte) { p.Application = "nobody" },
			v1alpha1.ReasonApplicationNotConnected, "kubectl call stream",
		},
		{"wrong password", func(_ *v1alpha1.AsteriskProvider, s map[string][]byte) { s["password"] = []byte("Pa55word") }, v1alpha1.ReasonUnauthorized, "ari.conf"},
		{"no password", func(_ *v1alpha1.AsteriskProvider, s map[string][]byte) { delete(s, "password") }, v1alpha1.ReasonSecretKeyNotFound, "password"},
		{
			"another server", func(p *v1alpha1.AsteriskProvider, _ map[string][]byte) { p.URL = other.URL },
			v1alpha1.ReasonEndpointNotAsterisk, "ends in /ari",
		},
		{
			"nothing listens", func(p *v1alpha1.AsteriskProvider, _ map[string][]byte) { p.URL = closed.URL + "/ari" },
			v1alpha1.ReasonServiceUnavailable, "connection refused",
		},
		{
			"a certificate that nobody trusts", func(p *v1alpha1.AsteriskProvider, _ map[string][]byte) { p.URL = untrusted.URL + "/ari" },
			v1alpha1.ReasonServiceUnavailable, "ca.crt",
		},
	}
	key := client.ObjectKey{Namespace: w.Namespace, Name: harness.ProviderName}
	var good v1alpha1.CallProvider
	must(t, w.Client.Get(t.Context(), key, &good))
	var secret corev1.Secret
	must(t, w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: secretName}, &secret))
	for _, c := range cases {
		spec, content := good.Spec.DeepCopy(), maps.Clone(secret.Data)
		c.breakIt(spec.Asterisk, content)
		w.writeProvider(t, key, *spec, content)
		if ready := w.awaitReady(t, key, c.reason); !strings.Contains(ready.Message, c.message) || strings.Contains(ready.Message, "Pa55word") {
			t.Errorf("%s: the condition says %s: %s", c.name, ready.Reason, ready.Message)
		}
	}
	w.Create(t, w.World.Call("waits", number("200")))
	w.Await(t, "waits", "it waits", func(call *v1alpha1.Call) bool { return call.Status.Waiting != nil })
	w.checkInvites(t, number("200"), 0)
	w.writeProvider(t, key, good.Spec, secret.Data)
	w.awaitReady(t, key, v1alpha1.ReasonAvailable)
	w.Await(t, "waits", "it is answered", func(call *v1alpha1.Call) bool { return call.Status.ConnectedTime != nil })
	w.checkInvites(t, number("200"), 1)
}

// TestProviderOfSilentAsterisk has an Asterisk that cannot report: its provider says so, and what to do; another one's says nothing of it.
func TestProviderOfSilentAsterisk(t *testing.T) {
	for _, c := range []struct {
		silent bool
		want   string
	}{{true, v1alpha1.ReasonNoEvents}, {false, v1alpha1.ReasonAvailable}} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{silent: c.silent})
			m := w.start(t)
			ready := w.awaitReady(t, client.ObjectKey{Namespace: w.Namespace, Name: harness.ProviderName}, c.want)
			if ready.Status != metav1.ConditionTrue || strings.Contains(ready.Message, "kubectl call stream") != c.silent {
				t.Errorf("the condition is %+v", ready)
			}
			w.CheckQuiet(t, m)
		})
	}
}

// writeProvider replaces the provider's spec and the content of its Secret.
func (w *world) writeProvider(t *testing.T, key client.ObjectKey, spec v1alpha1.CallProviderSpec, data map[string][]byte) {
	t.Helper()
	var secret corev1.Secret
	must(t, w.Client.Get(t.Context(), client.ObjectKey{Namespace: key.Namespace, Name: secretName}, &secret))
	secret.Data = data
	must(t, w.Client.Update(t.Context(), &secret))
	// The manager writes the provider's status meanwhile.
	must(t, retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var provider v1alpha1.CallProvider
		if err := w.Client.Get(t.Context(), key, &provider); err != nil {
			return err
		}
		provider.Spec = spec
		return w.Client.Update(t.Context(), &provider)
	}))
}

// awaitReady waits until the provider's condition has a reason, for its newest spec.
func (w *world) awaitReady(t *testing.T, key client.ObjectKey, reason string) *metav1.Condition {
	t.Helper()
	var ready *metav1.Condition
	await(t, "the provider's condition has the reason "+reason, func(ctx context.Context) (bool, error) {
		var provider v1alpha1.CallProvider
		if err := w.Client.Get(ctx, key, &provider); err != nil {
			return false, err
		}
		ready = meta.FindStatusCondition(provider.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.ObservedGeneration == provider.Generation && ready.Reason == reason, nil
	})
	return ready
}

// TestTrunks: a trunk that is down, and a phone that has not registered, end a Call with a sentence, and ring nobody.
func TestTrunks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, endpoint string
		outcome                v1alpha1.CallOutcome
		message                string
	}{
		{"dead", "nobody answers at the trunk's address", "PJSIP/$(number)@dead", v1alpha1.OutcomeNoAnswer, ""},
		{"unknown", "pjsip.conf has no such trunk", "PJSIP/$(number)@nowhere", v1alpha1.OutcomeFailed, "pjsip.conf"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, options{endpoint: c.endpoint})
			w.start(t)
			w.Create(t, w.World.Call("call", number("200"), func(spec *v1alpha1.CallSpec) { spec.RingTimeout = &metav1.Duration{Duration: 5 * time.Second} }))
			result := w.over(t, "call")
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) || result.Message == "" {
				t.Errorf("%s: it ended as %s: %s", c.reason, result.Outcome, result.Message)
			}
			w.checkInvites(t, number("200"), 0)
		})
	}
}

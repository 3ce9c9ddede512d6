// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestGoesOnWhenMended: a Call waits for a missing object, and proceeds on its own when it exists.
func TestGoesOnWhenMended(t *testing.T) {
	phones := map[string]harness.Script{harness.Callee(1): briefly()}
	cases := []struct {
		name, reason string
		options      harness.Options
		secret       func(*harness.World) string
		waits        string
		fix          func(*testing.T, *harness.World)
	}{
		{
			name: "provider", reason: "a CallProvider may be created after its Calls",
			options: harness.Options{Phones: phones, NoProvider: true},
			waits:   v1alpha1.ReasonProviderNotFound,
			fix:     func(t *testing.T, w *harness.World) { w.CreateProvider(t, harness.Options{}) },
		},
		{
			name: "secret", reason: "the Secret may be created last",
			options: harness.Options{Phones: phones, NoSecret: true},
			waits:   v1alpha1.ReasonSecretNotFound,
			fix:     func(t *testing.T, w *harness.World) { w.CreateSecret(t, w.Sim.ConnectionString()) },
		},
		{
			name: "secretKey", reason: "a Secret may lack the key at first",
			options: harness.Options{Phones: phones, NoSecret: true},
			waits:   v1alpha1.ReasonSecretKeyNotFound,
			secret:  func(*harness.World) string { return "" },
			fix:     fixSecret,
		},
		{
			name: "accessKey", reason: "ACS refuses a wrong access key with 401 until the Secret holds the right one",
			options: harness.Options{Phones: phones, NoSecret: true},
			waits:   v1alpha1.ReasonUnauthorized,
			secret:  func(w *harness.World) string { return w.Sim.WrongConnectionString() },
			fix:     fixSecret,
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := harness.New(t, plane, tc.options)
			if tc.secret != nil {
				createSecret(t, w, tc.secret(w))
			}
			m := w.StartManager(t, harness.ManagerOptions{})
			w.Create(t, w.Call(callName, harness.Callee(1)))
			w.AwaitReason(t, callName, tc.waits)
			if rings := w.Sim.Rings(harness.Callee(1)); rings != 0 {
				t.Errorf("%s: the phone rang %d times before", tc.reason, rings)
			}
			tc.fix(t, w)
			w.Await(t, callName, "it has a result", ended)
			checkEnd(t, w, life{reason: tc.reason, rings: 1, outcomes: only(v1alpha1.OutcomeCompleted)}, m)
		})
	}
}

// createSecret creates the provider's Secret with a connection string, or with another key than the provider names.
func createSecret(t *testing.T, w *harness.World, connectionString string) {
	t.Helper()
	if connectionString != "" {
		w.CreateSecret(t, connectionString)
		return
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: harness.SecretName},
		StringData: map[string]string{"another": "value"},
	}
	if err := w.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

func fixSecret(t *testing.T, w *harness.World) {
	t.Helper()
	var secret corev1.Secret
	key := types.NamespacedName{Namespace: w.Namespace, Name: harness.SecretName}
	if err := w.Client.Get(t.Context(), key, &secret); err != nil {
		t.Fatal(err)
	}
	secret.StringData = map[string]string{harness.SecretKey: w.Sim.ConnectionString()}
	if err := w.Client.Update(t.Context(), &secret); err != nil {
		t.Fatal(err)
	}
}

// TestDeletedInWrongOrder deletes what a live call needs before the Call, as the deletion of a namespace does.
func TestDeletedInWrongOrder(t *testing.T) {
	cases := []struct {
		name, reason string
		silent       bool
		first        []client.Object
	}{
		{name: "provider", reason: "a provider waits for its calls", first: []client.Object{&v1alpha1.CallProvider{}}},
		{name: "secret", reason: "the manager still knows what was in the Secret", first: []client.Object{&corev1.Secret{}}},
		{
			name: "namespace", reason: "in a namespace that is deleted, anything may go first",
			first: []client.Object{&corev1.Secret{}, &v1alpha1.CallProvider{}},
		},
		{
			name: "namespaceInSilence", reason: "nor does it depend on callbacks", silent: true,
			first: []client.Object{&corev1.Secret{}, &v1alpha1.CallProvider{}},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): forLong(), harness.Callee(2): {NoAnswer: true}}})
			m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
			w.Create(t, w.Call("talking", harness.Callee(1)))
			w.Create(t, w.Call("ringing", harness.Callee(2)))
			w.AwaitCondition(t, "talking", v1alpha1.ConditionConnected)
			w.Await(t, "ringing", "it rings", placed)
			if tc.silent {
				w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Lose })
			}
			deleteAll(t, w, tc.first)
			w.Delete(t, "talking")
			w.Delete(t, "ringing")
			w.AwaitGone(t, "talking")
			w.AwaitGone(t, "ringing")
			w.AwaitProviderGone(t, hasProvider(tc.first))
			w.CheckNoLiveCall(t)
			w.CheckQuiet(t, m)
			if rings := w.Sim.Rings(harness.Callee(1)) + w.Sim.Rings(harness.Callee(2)); rings != 2 {
				t.Errorf("%s: %d rings, want one of each phone", tc.reason, rings)
			}
		})
	}
}

func deleteAll(t *testing.T, w *harness.World, objects []client.Object) {
	t.Helper()
	for _, object := range objects {
		object = object.DeepCopyObject().(client.Object)
		object.SetNamespace(w.Namespace)
		object.SetName(harness.ProviderName)
		if _, isSecret := object.(*corev1.Secret); isSecret {
			object.SetName(harness.SecretName)
		}
		if err := w.Client.Delete(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
}

func hasProvider(objects []client.Object) bool {
	for _, object := range objects {
		if _, ok := object.(*v1alpha1.CallProvider); ok {
			return true
		}
	}
	return false
}

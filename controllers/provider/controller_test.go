// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/controllers/shared/pauses"
	"github.com/call-operator/call-operator/telephony"
)

// providerTest is a Reconciler with what it reads and writes.
type providerTest struct {
	*Reconciler
	api    client.WithWatch
	now    *controllertest.Clock
	writes int
	// broken fails every reading of a Secret.
	broken bool
}

func newProviderTest(t *testing.T, existing ...client.Object) *providerTest {
	t.Helper()
	p := &providerTest{now: controllertest.NewClock()}
	funcs := controllertest.OnStatusUpdate(func(ctx context.Context, c client.Client, object client.Object) error {
		p.writes++
		return c.Status().Update(ctx, object)
	})
	funcs.Patch = func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
		p.writes++
		return c.Patch(ctx, object, patch, options...)
	}
	funcs.Get = func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, isSecret := object.(*corev1.Secret); isSecret && p.broken {
			return controllertest.ErrBroken
		}
		return c.Get(ctx, key, object, options...)
	}
	funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		// An option of the cache, which the API server in memory does not know.
		return c.List(ctx, list, slices.DeleteFunc(options, func(o client.ListOption) bool { return o == client.UnsafeDisableDeepCopy })...)
	}
	p.api = controllertest.NewAPI(t, func(builder *fake.ClientBuilder) *fake.ClientBuilder {
		return builder.WithIndex(&v1alpha1.Call{}, objects.ProviderIndex, func(object client.Object) []string {
			return []string{object.(*v1alpha1.Call).Spec.ProviderRef.Name}
		})
	}, funcs, existing...)
	p.Reconciler = &Reconciler{
		Client: p.api, Live: p.api, Recorder: events.NewFakeRecorder(64), Connections: accesstest.New(p.api, p.now.Now), Now: p.now.Now,
	}
	return p
}

func (p *providerTest) reconcile(t *testing.T) ctrl.Result {
	t.Helper()
	result, err := p.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: "p"}})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (p *providerTest) read(t *testing.T) *v1alpha1.CallProvider {
	t.Helper()
	provider := &v1alpha1.CallProvider{}
	if err := p.api.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: "p"}, provider); err != nil {
		t.Fatal(err)
	}
	return provider
}

// conditionsText is the conditions as TYPE=STATUS(REASON), in order of their names.
func conditionsText(conditions []metav1.Condition) string {
	words := make([]string, len(conditions))
	for i, c := range conditions {
		words[i] = fmt.Sprintf("%s=%s(%s)", c.Type, c.Status, c.Reason)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

const available = "Ready=True(Available)"

// TestProviderConditions follows a provider through what a person does to it. kstatus reads Ready=True without
// Reconciling as Current, and Reconciling=True as InProgress; Stalled would say that nothing more happens by itself.
func TestProviderConditions(t *testing.T) {
	p := newProviderTest(t, controllertest.ProviderWith())
	create := func(value string) func() {
		return func() {
			if err := p.api.Create(t.Context(), controllertest.SecretWith(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	update := func(value string) func() {
		return func() {
			if err := p.api.Update(t.Context(), controllertest.SecretWith(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	steps := []struct {
		name, reason string
		change       func()
		want         string
		endpoint     string
		writes       int
	}{
		{"no Secret", "it continues by itself when the Secret is there", func() {}, "Ready=False(SecretNotFound) Reconciling=True(SecretNotFound)", "", 2},
		{"still none", "a steady object causes no write", func() {}, "Ready=False(SecretNotFound) Reconciling=True(SecretNotFound)", "", 0},
		{"nonsense", "what is wrong now is said now", create("x"), "Ready=False(InvalidCredentials) Reconciling=True(InvalidCredentials)", "", 1},
		{"fixed", "Reconciling is here only while it is true", update(controllertest.ConnectionString), available, "https://acs.example.com", 1},
		{"steady", "a steady object causes no write", func() { p.now.Pass(time.Hour) }, available, "https://acs.example.com", 0},
		{"broken again", "an endpoint that is not in use is not shown", update("x"), "Ready=False(InvalidCredentials) Reconciling=True(InvalidCredentials)", "", 1},
	}
	for _, s := range steps {
		p.now.Pass(time.Second)
		s.change()
		p.writes = 0
		p.reconcile(t)
		got := p.read(t)
		if conditions := conditionsText(got.Status.Conditions); conditions != s.want || got.Status.Endpoint != s.endpoint {
			t.Errorf("%s: %s: got %s at %q, want %s at %q", s.name, s.reason, conditions, got.Status.Endpoint, s.want, s.endpoint)
		}
		if p.writes != s.writes {
			t.Errorf("%s: %s: %d writes, want %d", s.name, s.reason, p.writes, s.writes)
		}
		if !slices.Contains(got.Finalizers, v1alpha1.CallProviderFinalizer) || got.Status.ObservedGeneration != got.Generation {
			t.Errorf("%s: every look leaves the finalizer and the generation: %v, %d", s.name, got.Finalizers, got.Status.ObservedGeneration)
		}
		for _, c := range got.Status.Conditions {
			if c.ObservedGeneration != got.Generation || c.Message == "" {
				t.Errorf("%s: %s speaks of generation %d and says %q", s.name, c.Type, c.ObservedGeneration, c.Message)
			}
		}
	}
}

// TestAvailability: calls can be placed at a service that reports nothing, and it says so.
func TestAvailability(t *testing.T) {
	now := metav1.Now()
	cases := []struct {
		name, reason string
		service      telephony.Traits
		connected    *metav1.Time
		want         string
	}{
		{name: "requests", reason: "it opens no connection", want: v1alpha1.ReasonAvailable},
		{name: "connected", reason: "it reports", service: telephony.Traits{NoStream: "Do this."}, connected: &now, want: v1alpha1.ReasonAvailable},
		{name: "not connected", reason: "nobody hears of incoming calls", service: telephony.Traits{NoStream: "Do this."}, want: v1alpha1.ReasonNoEvents},
	}
	for _, c := range cases {
		reason, message := availability(c.service, &v1alpha1.CallProviderStatus{StreamConnectedTime: c.connected})
		if reason != c.want || reason == v1alpha1.ReasonNoEvents && !strings.HasSuffix(message, c.service.NoStream) {
			t.Errorf("%s: %s: got %s, %s", c.name, c.reason, reason, message)
		}
	}
}

// TestProviderIsLookedAtAgain: what appears late is found by looking, soon at first and later less often.
func TestProviderIsLookedAtAgain(t *testing.T) {
	cases := []struct {
		name, reason string
		usable       bool
		lasts        time.Duration
		want         time.Duration
	}{
		{"just found unusable", "a person may be creating the Secret right now", false, 0, pauses.ShortestBackoff},
		{"for a while", "the pause is as long as it has lasted", false, 8 * time.Second, 8 * time.Second},
		{"for long", "a person who mends it does not wait long", false, time.Hour, unusableRecheck},
		{"usable", "a Secret may be changed or deleted", true, time.Hour, providerRecheck},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			objects := []client.Object{controllertest.ProviderWith()}
			if c.usable {
				objects = append(objects, controllertest.SecretWith(controllertest.ConnectionString))
			}
			p := newProviderTest(t, objects...)
			p.reconcile(t)
			p.now.Pass(c.lasts)
			if got := p.reconcile(t).RequeueAfter; got < c.want*3/4 || got > c.want*5/4 {
				t.Errorf("%s: looked at again after %s, want %s give or take a quarter", c.reason, got, c.want)
			}
		})
	}
}

// TestProviderWhenTheAPIServerFails: a failure of the API server is no property of the provider.
func TestProviderWhenTheAPIServerFails(t *testing.T) {
	t.Parallel()
	p := newProviderTest(t, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	p.reconcile(t)
	p.broken = true
	_, err := p.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: "p"}})
	if !errors.Is(err, controllertest.ErrBroken) {
		t.Errorf("the work queue tries it again: got %v", err)
	}
	if got := conditionsText(p.read(t).Status.Conditions); got != available {
		t.Errorf("calls still use the existing connection: got %s", got)
	}
}

func TestProviderThatIsNotThere(t *testing.T) {
	t.Parallel()
	if result := newProviderTest(t).reconcile(t); result != (ctrl.Result{}) {
		t.Errorf("of a provider that is gone there is nothing to do: got %+v", result)
	}
}

// TestDeletedProvider: without the provider its live calls could not be hung up.
func TestDeletedProvider(t *testing.T) {
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		waits        bool
	}{
		{"no call", "nothing holds it", nil, false},
		{"unplaced", "a Call that was never placed needs no hang-up", controllertest.CallWith(), false},
		{"attempted", "the callee may have been rung", controllertest.CallWith(controllertest.Attempted), true},
		{"connected", "the call is active", controllertest.CallWith(controllertest.ConnectedAt(0)), true},
		{"ending", "the hang-up may have to be repeated", controllertest.CallWith(controllertest.EndingSince(0, v1alpha1.EndingRequested)), true},
		{"ended", "it is over", controllertest.CallWith(controllertest.EndedAt(0)), false},
		{"of another provider", "that one hangs it up", controllertest.CallWith(controllertest.ConnectedAt(0), func(c *v1alpha1.Call) { c.Spec.ProviderRef.Name = "other" }), false},
		{"of a namesake", "providers of other namespaces are others", controllertest.CallWith(controllertest.ConnectedAt(0), func(c *v1alpha1.Call) { c.Namespace = "other" }), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			objects := []client.Object{controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)}
			if c.call != nil {
				objects = append(objects, c.call)
			}
			p := newProviderTest(t, objects...)
			p.reconcile(t)
			if err := p.api.Delete(t.Context(), p.read(t)); err != nil {
				t.Fatal(err)
			}
			result := p.reconcile(t)
			_, connected := p.Connections.LastKnown(client.ObjectKey{Namespace: "n", Name: "p"})
			gone := apierrors.IsNotFound(p.api.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: "p"}, &v1alpha1.CallProvider{}))
			if gone == c.waits || connected != c.waits {
				t.Fatalf("%s: gone %t, connection kept %t", c.reason, gone, connected)
			}
			if c.waits {
				checkInUse(t, p, result)
			}
		})
	}
}

// TestDeletedProviderAheadOfTheCache: a call that was placed just now is in the API server before it is in the cache.
func TestDeletedProviderAheadOfTheCache(t *testing.T) {
	t.Parallel()
	p := newProviderTest(t, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString), controllertest.CallWith(controllertest.ConnectedAt(0)))
	p.reconcile(t)
	p.Client = interceptor.NewClient(p.api, interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return nil
	}})
	if err := p.api.Delete(t.Context(), p.read(t)); err != nil {
		t.Fatal(err)
	}
	if result := p.reconcile(t); result.RequeueAfter != inUseRecheck {
		t.Errorf("the provider did not wait for the call: %+v", result)
	}
}

func checkInUse(t *testing.T, p *providerTest, result ctrl.Result) {
	t.Helper()
	if got := conditionsText(p.read(t).Status.Conditions); got != "Ready=False(InUse) Reconciling=True(InUse)" || result.RequeueAfter != inUseRecheck {
		t.Errorf("a person sees what it waits for: got %s, looked at again after %s", got, result.RequeueAfter)
	}
	p.writes = 0
	p.reconcile(t)
	if p.writes != 0 {
		t.Errorf("waiting on costs %d writes", p.writes)
	}
	call := controllertest.Read(t, p.api)
	call.Status.Result = &v1alpha1.CallResult{Outcome: v1alpha1.OutcomeCompleted, EndTime: controllertest.At(time.Minute)}
	call.Status.ConnectedTime = ptr.To(controllertest.At(0))
	if err := p.api.Status().Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	p.reconcile(t)
	if err := p.api.Get(t.Context(), client.ObjectKey{Namespace: "n", Name: "p"}, &v1alpha1.CallProvider{}); !apierrors.IsNotFound(err) {
		t.Errorf("when its last call is over, it goes: got %v", err)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// TestSecretsStaySecret looks for what nobody may see in all that a run leaves behind: objects, Events, logs at every
// level, and metrics.
func TestSecretsStaySecret(t *testing.T) {
	harness.KeepLogs()
	w := harness.New(t, plane, harness.Options{
		ResourceID: harness.ResourceID, EventGrid: simulator.GridSchemaEventGrid, NoReceiver: true,
		Phones: map[string]harness.Script{harness.Callee(1): {HangUpAfter: 100 * time.Millisecond}, harness.Callee(2): {}},
	})
	r := w.StartReceiver(t, nil)
	createRoute(t, w, "answer", 1, &v1alpha1.RouteMatch{From: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(harness.Callee(1))}}}}, answer(nil))
	createRoute(t, w, "redirect", 0, &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Kind: v1alpha1.PartyKindPhoneNumber}}}, redirect(user))
	w.Sim.SetPhone(t, simulator.Phone{User: user, NoAnswer: &struct{}{}})
	// A request that fails is logged too.
	faults := harness.NewFaults().On("answer", &harness.Fault{Status: 500}, &harness.Fault{AfterEffect: true})
	m := w.StartManager(t, harness.ManagerOptions{Poll: cutPoll, Faults: faults})
	w.Sim.AwaitSubscription(t)
	for n := 1; n <= 2; n++ {
		name := w.Incoming(t, w.Sim.Dial(t, harness.Callee(n), harness.Caller))
		w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
	}
	w.AwaitNoContext(t)
	w.AwaitWork(t)

	secrets := secretsOf(t, w)
	seen := map[string]string{
		"objects": objectsOf(t, w), "logs": harness.Logs(), "metrics of the receiver": metricsOf(t, r.Metrics),
		"metrics of the manager": metricsOf(t, m.Metrics) + metricsOf(t, ctrlmetrics.Registry),
	}
	for where, text := range seen {
		if len(text) < 100 {
			t.Errorf("there are hardly any %s, so that this test says nothing: %q", where, text)
		}
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s hold %s", where, what)
			}
		}
	}
	for _, where := range []string{"logs", "metrics of the receiver", "metrics of the manager"} {
		for n := 1; n <= 2; n++ {
			if at := strings.Index(seen[where], harness.Callee(n)); at >= 0 {
				t.Errorf("%s hold the number of somebody who called: ...%s...", where, seen[where][max(at-500, 0):at+100])
			}
		}
	}
}

// secretsOf are the contexts, tokens and keys of a run.
func secretsOf(t *testing.T, w *harness.World) map[string]string {
	t.Helper()
	secrets := map[string]string{"the access key": w.Sim.ConnectionString()[strings.LastIndex(w.Sim.ConnectionString(), "=")-40:]}
	contexts := 0
	for i, callback := range w.Wire.Seen() {
		if _, token, found := strings.Cut(callback.URI, "token="); found {
			secrets[fmt.Sprintf("the token in the URL of callback %d", i)] = token
		}
		var events []struct {
			Data struct{ IncomingCallContext string }
		}
		if json.Unmarshal(callback.Body, &events) == nil && len(events) == 1 && events[0].Data.IncomingCallContext != "" {
			contexts++
			// The middle of it: nobody may hold even a part.
			context := events[0].Data.IncomingCallContext
			secrets[fmt.Sprintf("the context of incoming call %d", i)] = context[len(context)/2 : len(context)/2+64]
		}
		if bearer, found := strings.CutPrefix(callback.Header.Get("Authorization"), "Bearer "); found {
			secrets[fmt.Sprintf("the service's token of callback %d", i)] = bearer[len(bearer)/2:]
		}
	}
	if contexts < 2 {
		t.Fatalf("%d contexts were seen, want at least 2", contexts)
	}
	return secrets
}

// objectsOf is every revision of every Call, and every other object of the namespace but Secrets.
func objectsOf(t *testing.T, w *harness.World) string {
	t.Helper()
	var all []any
	var calls v1alpha1.CallList
	list(t, w, &calls)
	for i := range calls.Items {
		for _, revision := range w.Revisions(calls.Items[i].Name) {
			all = append(all, revision)
		}
	}
	for _, kind := range []client.ObjectList{&v1alpha1.CallRouteList{}, &v1alpha1.CallProviderList{}, &v1alpha1.ParticipantMoveList{}, &eventsv1.EventList{}, &corev1.ConfigMapList{}} {
		list(t, w, kind)
		all = append(all, kind)
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func metricsOf(t *testing.T, registry prometheus.Gatherer) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, family := range families {
		text.WriteString(family.String())
	}
	return text.String()
}

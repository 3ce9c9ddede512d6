// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/controllers/shared/once"
)

// deletedCalls are live calls of a namespace that is being deleted.
func deletedCalls(n int) (calls []client.Object) {
	for i := range n {
		deleted := metav1.NewTime(controllertest.Epoch)
		call := &v1alpha1.Call{
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprintf("c%d", i), Namespace: "n", UID: types.UID(fmt.Sprintf("u%d", i)), Generation: 1,
				DeletionTimestamp: &deleted, Finalizers: []string{v1alpha1.CallFinalizer},
			},
			Spec: v1alpha1.CallSpec{ProviderRef: v1alpha1.ProviderReference{Name: "p"}, To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}},
			Status: v1alpha1.CallStatus{
				ObservedGeneration: 1, Phase: v1alpha1.CallPhaseConnected, ConnectionID: fmt.Sprintf("connection-%d", i),
				Attempt: &v1alpha1.RequestAttempt{ID: "a", FirstSent: controllertest.At(-time.Minute)}, ConnectedTime: new(controllertest.At(-time.Minute)),
			},
		}
		calls = append(calls, call)
	}
	return calls
}

// TestNamespaceGoesSecretFirst: the namespace is deleted, the Secret before the Calls, and the manager that knew it is another one
// by now. Nothing can be hung up, so that each call is said to be lost, once, where it does not go with the namespace.
func TestNamespaceGoesSecretFirst(t *testing.T) {
	const calls = 3
	api := newAPI(t, controllertest.WithoutCacheOptions(), append(deletedCalls(calls), controllertest.ProviderWith())...)
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	now := controllertest.NewClock()
	r.Now = now.Now
	accesstest.SetNow(r.Connections, now.Now)
	var err error
	registry := prometheus.NewRegistry()
	if r.Metrics, err = metrics.New(registry); err != nil {
		t.Fatal(err)
	}
	var lines []string
	log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	ctx := ctrl.LoggerInto(t.Context(), log)
	for range 8 * 60 {
		for i := range calls {
			if _, err := r.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: fmt.Sprintf("c%d", i)}}); err != nil {
				t.Fatalf("an error is logged with a stack each time: %v", err)
			}
		}
		now.Pass(time.Second)
	}
	var left v1alpha1.CallList
	if err := api.List(t.Context(), &left); err != nil {
		t.Fatal(err)
	}
	if len(left.Items) != 0 {
		t.Errorf("%d Calls hold up the deletion of their namespace", len(left.Items))
	}
	lost := map[string]int{}
	for _, line := range lines {
		for i := range calls {
			id := fmt.Sprintf("connection-%d", i)
			if strings.Contains(line, `"error"=`) && strings.Contains(line, id) && strings.Contains(line, "Secret s does not exist") {
				lost[id]++
			}
		}
	}
	for i := range calls {
		if id := fmt.Sprintf("connection-%d", i); lost[id] != 1 {
			t.Errorf("the loss of %s was logged %d times as an error with its cause, want once", id, lost[id])
		}
	}
	if got := counterIn(t, registry, "call_operator_calls_abandoned_total"); got != calls {
		t.Errorf("%v losses are counted, want %d", got, calls)
	}
	// Of each Call that it cannot be asked about, that it cannot be hung up, and that it is lost.
	if len(lines) > 3*calls {
		t.Errorf("%d lines were logged, want %d at most:\n%s", len(lines), 3*calls, strings.Join(lines, "\n"))
	}
}

// counterIn is the value of a counter without labels.
func counterIn(t *testing.T, registry prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// TestCredentialsAreRemembered: a manager that had read the Secret hangs up with what it knows.
func TestCredentialsAreRemembered(t *testing.T) {
	secret := controllertest.SecretWith(controllertest.ConnectionString)
	provider := controllertest.ProviderWith()
	api := newAPI(t, controllertest.WithoutCacheOptions(), append(deletedCalls(1), provider, secret)...)
	var terminated []string
	service := &controllertest.ACSStub{Status: http.StatusNoContent, Seen: func(request *http.Request) {
		if strings.HasSuffix(request.URL.Path, ":terminate") {
			terminated = append(terminated, request.URL.Path)
		}
	}}
	r, _ := newReconciler(t, api, service)
	now := controllertest.NewClock()
	r.Now = now.Now
	accesstest.SetNow(r.Connections, now.Now)
	if _, err := r.Connections.For(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	if err := api.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	// What it has read is old by then, and the provider has another generation since it is being deleted as well.
	now.Pass(2 * access.ConnectionAge)
	provider.Generation++
	if err := api.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: "n", Name: "c0"}}); err != nil {
		t.Fatal(err)
	}
	if len(terminated) != 1 || !strings.Contains(terminated[0], "connection-0") {
		t.Errorf("hung up: %v, want the call once", terminated)
	}
}

// TestTroubleIsNewsOnce: the log says what does not work when that begins, when its cause changes, and when it begins again.
func TestTroubleIsNewsOnce(t *testing.T) {
	var m once.ContactLog
	call := deletedCalls(1)[0]
	steps := []struct {
		reason, cause string
		want          bool
	}{
		{"it works, as always", "", false},
		{"it begins", "a", true},
		{"it lasts", "a", false},
		{"another cause", "b", true},
		{"it works again", "", true},
		{"it begins again", "b", true},
	}
	for _, step := range steps {
		if got := m.Troubled(call, once.TroublePoll, step.cause); got != step.want {
			t.Errorf("%s: new %t, want %t", step.reason, got, step.want)
		}
	}
	if got := m.Troubled(call, once.TroubleHangUp, "b"); !got {
		t.Error("what does not work is another thing, and as new")
	}
}

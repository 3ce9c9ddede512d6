// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// listing gives preset answers to lists of Calls in its namespaces.
func listing(fails map[string]error) interceptor.Funcs {
	return interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		var wanted client.ListOptions
		wanted.ApplyOptions(options)
		// Without a limit it is a read from the cache.
		if err := fails[wanted.Namespace]; err != nil && wanted.Limit > 0 {
			return err
		}
		return c.List(ctx, list, options...)
	}}
}

// TestOnlyDiallingWaitsForTheQueue: while the Calls of a namespace cannot be listed, none is placed there; everything else
// continues.
func TestOnlyDiallingWaitsForTheQueue(t *testing.T) {
	t.Parallel()
	inOther := func(o client.Object) { o.SetNamespace("other") }
	newCall, live := controllertest.CallWith(), controllertest.CallWith(controllertest.WantedEnded, controllertest.Placed, func(c *v1alpha1.Call) { c.Name, c.UID = "live", "live" })
	rings := controllertest.CallWith(controllertest.InboundCall, func(c *v1alpha1.Call) {
		c.Name, c.UID, c.Spec.Action = "rings", "rings", &v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}}
	})
	elsewhere, provider, secret := controllertest.CallWith(func(c *v1alpha1.Call) { c.UID = "elsewhere" }), controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString)
	inOther(elsewhere)
	inOther(provider)
	inOther(secret)
	fails := map[string]error{"n": controllertest.Forbidden}
	api := newAPI(t, listing(fails), newCall, live, rings, elsewhere, provider, secret, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString))
	service := controllertest.PlacesCalls()
	var asked []string
	service.Seen = func(request *http.Request) { asked = append(asked, request.URL.Path) }
	r, _ := newReconciler(t, api, service)
	r.Admission, r.Secrets = NewAdmission("n", "other"), api
	setClock(r).Pass(contextPatience)
	reconcile := func(namespace, name string) *v1alpha1.Call {
		t.Helper()
		key := types.NamespacedName{Namespace: namespace, Name: name}
		if _, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: key}); err != nil {
			t.Fatal(err)
		}
		call := &v1alpha1.Call{}
		if err := api.Get(t.Context(), key, call); err != nil {
			t.Fatal(err)
		}
		return call
	}

	// Before anything is listed.
	if status := reconcile("n", "live").Status; status.Ending == nil || !cmp.Equal(asked[len(asked)-1], "/calling/callConnections/cc:terminate") {
		t.Errorf("a call is hung up whatever is known of the others: %v, %+v", asked, status)
	}
	if status := reconcile("n", "rings").Status; status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonContextMissing {
		t.Errorf("an incoming call is looked at at once: %+v", status)
	}
	sent := len(service.IDs())
	if status := reconcile("other", "c").Status; status.Waiting != nil || status.Attempt != nil || len(service.IDs()) != sent {
		t.Errorf("until the Calls are listed none is placed, and nothing is written: %+v", status)
	}
	work := wokenBy(t, r.Admission)

	if err := r.Admission.Load(t.Context(), api); !errors.Is(err, controllertest.Forbidden) {
		t.Fatalf("got %v", err)
	}
	if work.Len() != 1 {
		t.Errorf("%d Calls are woken, want the one that waited", work.Len())
	}
	if status := reconcile("n", "c").Status; status.Attempt != nil || status.Waiting == nil || status.Waiting.Reason != v1alpha1.ReasonWaitingForQueue {
		t.Errorf("a Call of the namespace that cannot be listed says so: %+v", status)
	}
	if status := reconcile("other", "c").Status; status.ConnectionID == "" {
		t.Errorf("a namespace that can be listed does not wait for one that cannot: %+v", status)
	}

	delete(fails, "n")
	if err := r.Admission.Load(t.Context(), api); err != nil {
		t.Fatal(err)
	}
	if work.Len() != 2 {
		t.Errorf("%d Calls were woken, want the one that was told why it waits too", work.Len())
	}
}

// TestOthersAreWaitedForAWhile: the limit of a number in several namespaces holds if the others can be listed, and a hanging one
// does not block forever.
func TestOthersAreWaitedForAWhile(t *testing.T) {
	t.Parallel()
	slots := NewAdmission("n", "hangs")
	api := newAPI(t, interceptor.Funcs{})
	if err := slots.load(t.Context(), api, "n"); err != nil {
		t.Fatal(err)
	}
	if got := slots.Ready(controllertest.CallWith()); got != slotsUnread {
		t.Errorf("the other namespace is being listed, got %v", got)
	}
	work := wokenBy(t, slots)
	slots.changeLoads(func(l *queueLoads) { l.impatient = true })
	if got := slots.Ready(controllertest.CallWith()); got != slotsReady || work.Len() != 1 {
		t.Errorf("it has taken long enough: got %v, %d woken", got, work.Len())
	}
	if got := slots.Ready(controllertest.CallWith(func(c *v1alpha1.Call) { c.Namespace = "hangs" })); got != slotsUnread {
		t.Errorf("of the namespace itself nothing is known: got %v", got)
	}
}

// TestRunLoadsUntilAllIsKnown: a list that failed is tried again without anybody asking, and Run ends when nothing is left.
func TestRunLoadsUntilAllIsKnown(t *testing.T) {
	t.Parallel()
	tries := 0
	api := newAPI(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
		if tries++; tries == 1 {
			return controllertest.ErrBroken
		}
		return c.List(ctx, list, options...)
	}}, controllertest.CallWith(controllertest.ConnectedAt(0)))
	slots := NewAdmission()
	slots.pause = time.Millisecond
	if err := slots.Run(t.Context(), api); err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
	if got := slots.Ready(controllertest.CallWith()); got != slotsReady {
		t.Errorf("got %v", got)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	failing := newAPI(t, listing(map[string]error{"n": controllertest.Forbidden}))
	if err := NewAdmission("n").Run(stopped, failing); err != nil {
		t.Errorf("a manager that stops is no error: %v", err)
	}
}

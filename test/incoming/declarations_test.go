// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/harness"
)

// declarationSeeds is how many sequences of declarations are tried.
const declarationSeeds = 4

// TestRoutesAreWhatWasDeclaredLast applies, edits and deletes routes in a sequence that a seed decides. What becomes of the
// next call is the same as in another namespace, in which nothing but the last declarations was ever applied.
func TestRoutesAreWhatWasDeclaredLast(t *testing.T) {
	for _, seed := range harness.Seeds(declarationSeeds) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			t.Parallel()
			t.Logf("to try this again: CALL_OPERATOR_SEED=%d", seed)
			random := rand.New(rand.NewPCG(seed, 6))
			w := declaredWorld(t)
			declared := map[string]v1alpha1.CallRouteSpec{}
			for range 4 + random.IntN(8) {
				n := random.IntN(3)
				name := fmt.Sprintf("route-%d", n)
				if random.IntN(4) == 0 {
					delete(declared, name)
					remove(t, w, name)
					continue
				}
				declared[name] = someRoute(random, n)
				put(t, w, name, declared[name])
			}
			fresh := declaredWorld(t)
			for name, spec := range declared {
				put(t, fresh, name, spec)
			}
			for _, w := range []*harness.World{w, fresh} {
				putLast(t, w)
			}
			got, want := takenBy(t, w), takenBy(t, fresh)
			if got != want {
				t.Errorf("after many declarations a call was %s, after the last ones only %s: %v", got, want, declared)
			}
		})
	}
}

func declaredWorld(t *testing.T) *harness.World {
	t.Helper()
	w := newWorld(t, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): {}}})
	w.Sim.SetPhone(t, simulator.Phone{User: user, NoAnswer: &struct{}{}})
	w.StartManager(t, harness.ManagerOptions{Poll: cutPoll})
	w.AwaitProvider(t)
	return w
}

// putLast puts a route that takes what no other takes, so that no call has to ring out, and waits until the manager has
// seen it, and with it all that was declared before.
func putLast(t *testing.T, w *harness.World) {
	t.Helper()
	const name = "last"
	put(t, w, name, v1alpha1.CallRouteSpec{ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Priority: -1, Action: reject()})
	late := time.Now().Add(harness.Patience)
	for {
		var route v1alpha1.CallRoute
		if err := w.Client.Get(t.Context(), client.ObjectKey{Namespace: w.Namespace, Name: name}, &route); err != nil {
			t.Fatal(err)
		}
		if route.Status.ObservedGeneration == route.Generation {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("the route was not looked at within %s", harness.Patience)
		}
		<-time.After(50 * time.Millisecond) // routes are not watched here
	}
}

// someRoute has a priority that none of another number has.
func someRoute(random *rand.Rand, n int) v1alpha1.CallRouteSpec {
	spec := v1alpha1.CallRouteSpec{
		ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName}, Priority: int32(3*random.IntN(3) + n),
		Action: []v1alpha1.RouteAction{answer(nil), redirect(user), reject()}[random.IntN(3)],
	}
	if random.IntN(2) == 0 {
		to := harness.Caller
		if random.IntN(2) == 0 {
			to = "+14255550199"
		}
		spec.Match = &v1alpha1.RouteMatch{To: []v1alpha1.PartyMatch{{Exact: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(to)}}}}
	}
	return spec
}

func put(t *testing.T, w *harness.World, name string, spec v1alpha1.CallRouteSpec) {
	t.Helper()
	route := &v1alpha1.CallRoute{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	err := w.Client.Get(t.Context(), client.ObjectKeyFromObject(route), route)
	route.Spec = *spec.DeepCopy()
	switch {
	case apierrors.IsNotFound(err):
		err = w.Client.Create(t.Context(), route)
	case err == nil:
		err = w.Client.Update(t.Context(), route)
	}
	if apierrors.IsConflict(err) {
		put(t, w, name, spec)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, w *harness.World, name string) {
	t.Helper()
	route := &v1alpha1.CallRoute{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name}}
	if err := client.IgnoreNotFound(w.Client.Delete(t.Context(), route)); err != nil {
		t.Fatal(err)
	}
}

// takenBy says what becomes of a call: the route that took it and what it did.
func takenBy(t *testing.T, w *harness.World) string {
	t.Helper()
	call := w.Await(t, w.Incoming(t, w.Sim.Dial(t, harness.Callee(1), harness.Caller)), "a route has taken it", func(call *v1alpha1.Call) bool {
		return call.Status.Route != nil
	})
	return fmt.Sprintf("taken by %s, %s", call.Status.Route.Name, call.Status.Route.Action)
}

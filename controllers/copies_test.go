// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

// longAfter has an object be created long after the attempt that it carries.
func longAfter(c *v1alpha1.Call) { c.CreationTimestamp = controllertest.At(time.Hour) }

// TestCopiesDoNothing: a Call that was restored or copied with its status neither dials nor hangs up.
func TestCopiesDoNothing(t *testing.T) {
	cases := []struct {
		name, reason string
		changes      []func(*v1alpha1.Call)
	}{
		{"unresolved", "its repetition would be the original's", []func(*v1alpha1.Call){controllertest.Attempted}},
		{"rings", "to hang up after its ring time-out would hang up the original's call", []func(*v1alpha1.Call){controllertest.Placed}},
		{"connected", "so would its maximal duration", []func(*v1alpha1.Call){controllertest.ConnectedAt(-2 * time.Hour)}},
		{"wanted ended", "who ends a copy does not end the original", []func(*v1alpha1.Call){controllertest.ConnectedAt(0), controllertest.WantedEnded}},
		{"ending", "the original hangs up for itself", []func(*v1alpha1.Call){controllertest.EndingSince(0, v1alpha1.EndingRequested)}},
		{"deleted", "to delete a copied namespace ends no call", []func(*v1alpha1.Call){controllertest.ConnectedAt(0), controllertest.DeletedCall}},
		{"deleted while ending", "nor does it then", []func(*v1alpha1.Call){controllertest.EndingSince(0, v1alpha1.EndingDeleted), controllertest.DeletedCall}},
		{"without finalizer", "a copy may vanish: no call is its own", []func(*v1alpha1.Call){controllertest.ConnectedAt(0), controllertest.Unfinalized}},
		{"answered", "an incoming call is taken once", []func(*v1alpha1.Call){controllertest.Attempted, controllertest.RoutedTo(v1alpha1.RouteActionAnswer)}},
		{"redirected", "an incoming call is passed on once", []func(*v1alpha1.Call){controllertest.Attempted, controllertest.RoutedTo(v1alpha1.RouteActionRedirect)}},
		{"rejected", "an incoming call is rejected once", []func(*v1alpha1.Call){controllertest.Attempted, controllertest.RoutedTo(v1alpha1.RouteActionReject)}},
	}
	marks := map[string]func(*v1alpha1.Call){
		"by UID":            controllertest.SentFor("original"),
		"of an old version": longAfter,
	}
	for _, c := range cases {
		for mark, copied := range marks {
			t.Run(c.name+"/"+mark, func(t *testing.T) {
				t.Parallel()
				call := controllertest.CallWith(append(c.changes, copied)...)
				original := controllertest.ContextOf(controllertest.CallWith(func(c *v1alpha1.Call) { c.UID = "original" }))
				w := newWorld(t, call, original)
				w.a.calls["cc"] = true
				w.now.Pass(time.Hour)
				w.settle()
				if w.a.requests()+w.b.requests() != 0 || !w.a.calls["cc"] {
					t.Errorf("%s: %d requests", c.reason, w.a.requests()+w.b.requests())
				}
				if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(original), original); err != nil {
					t.Errorf("another Call's context is not deleted: %v", err)
				}
				news := strings.Join(w.told(), "\n")
				if !strings.Contains(news, "OutcomeUnknown") || !strings.Contains(news, "is a copy") {
					t.Errorf("that it is a copy is told: %s", news)
				}
				if !call.DeletionTimestamp.IsZero() {
					if err := w.api.Get(t.Context(), controllertest.TheCall.NamespacedName, &v1alpha1.Call{}); err == nil {
						t.Error("a deleted copy goes at once")
					}
					return
				}
				result := w.call().Status.Result
				if result == nil || result.Outcome != v1alpha1.OutcomeUnknown {
					t.Fatalf("%s: got %+v", c.reason, result)
				}
				if anew := strings.Contains(result.Message, "To place the call anew"); anew != (call.Spec.To != nil) {
					t.Errorf("it says how to place the call anew, where that is possible: %s", result.Message)
				}
			})
		}
	}
}

// TestCopiesTakeNoSlot: a copy is no live call of this cluster, so it blocks no other.
func TestCopiesTakeNoSlot(t *testing.T) {
	t.Parallel()
	clone := controllertest.CallWith(controllertest.ConnectedAt(0), controllertest.SentFor("original"), func(c *v1alpha1.Call) { c.Name, c.UID = "copy", "copy" })
	own := controllertest.CallWith(func(c *v1alpha1.Call) { c.Spec.To.PhoneNumber = "+14255550124" })
	w := newWorld(t, clone, own)
	w.reconcile(0)
	if len(w.a.rings) != 1 {
		t.Errorf("the number has one slot, and it is free: waits for %+v", w.call().Status.Waiting)
	}
}

// TestCopiesAreNotCounted: a route that was copied with its Call took no call.
func TestCopiesAreNotCounted(t *testing.T) {
	t.Parallel()
	route := &v1alpha1.CallRoute{}
	route.Name, route.Namespace = "r", "n"
	w := newWorld(t, controllertest.CallWith(controllertest.Placed, controllertest.RoutedTo(v1alpha1.RouteActionAnswer), controllertest.SentFor("original")), route)
	w.settle()
	if err := w.api.Get(t.Context(), client.ObjectKeyFromObject(route), route); err != nil {
		t.Fatal(err)
	}
	if route.Status.CallsTaken != 0 {
		t.Errorf("the route counts %d calls", route.Status.CallsTaken)
	}
	if _, found := w.call().Annotations[v1alpha1.IncomingCallContextAnnotation]; found {
		t.Error("the copied annotation goes")
	}
}

// TestEndedCopiesAreRecords: an ended copy does not change.
func TestEndedCopiesAreRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, controllertest.CallWith(controllertest.EndedAt(0), controllertest.SentFor("original"), func(c *v1alpha1.Call) { c.Spec.TTLSecondsAfterFinished = ptr.To[int32](3600) }))
	w.settle()
	if result := w.call().Status.Result; result.Outcome != v1alpha1.OutcomeCompleted || w.a.requests() != 0 {
		t.Errorf("the result of a copy that is over is that of the original: %+v", result)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/cachetransform"
)

func appliedByKubectl(c *v1alpha1.Call) {
	c.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}"}
}

func appliedByFlux(c *v1alpha1.Call) {
	c.Labels = map[string]string{"kustomize.toolkit.fluxcd.io/name": "calls"}
}

func TestRecordEnd(t *testing.T) {
	t.Parallel()
	const never = -1
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		want         time.Duration
	}{
		{"no time to live", "it stays until somebody deletes it", controllertest.CallWith(controllertest.EndedAt(0)), never},
		{"created once", "nobody creates it again", controllertest.CallWith(controllertest.EndedAt(0), timeToLive(60)), time.Minute},
		{"applied by hand", "as long as it is there, applying it again rings nobody", controllertest.CallWith(controllertest.EndedAt(0), timeToLive(60), appliedByKubectl), 24 * time.Hour},
		{"applied by hand, kept for long", "the longer time counts", controllertest.CallWith(controllertest.EndedAt(0), timeToLive(100_000), appliedByKubectl), 100_000 * time.Second},
		{"applied by Flux", "it would be created again and again", controllertest.CallWith(controllertest.EndedAt(0), timeToLive(60), appliedByFlux), never},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := cachetransform.TransformForManager(c.call); err != nil {
				t.Fatal(err)
			}
			at, expires := expiryOf(c.call)
			if expires != (c.want != never) || expires && at.Sub(controllertest.Epoch) != c.want {
				t.Errorf("%s: it goes after %s, %t", c.reason, at.Sub(controllertest.Epoch), expires)
			}
		})
	}
}

// TestWarnsOfTimeToLive: applying a Call with a time to live causes one warning, when it is first
// reconciled.
func TestWarnsOfTimeToLive(t *testing.T) {
	t.Parallel()
	unseen := func(c *v1alpha1.Call) { c.Status = v1alpha1.CallStatus{ObservedGeneration: -1} }
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		warns        string
	}{
		{"created once", "nobody creates it again", controllertest.CallWith(unseen, timeToLive(60)), ""},
		{"applied, no time to live", "it stays", controllertest.CallWith(unseen, appliedByKubectl), ""},
		{"applied, kept for long", "it is kept as it says", controllertest.CallWith(unseen, appliedByKubectl, timeToLive(86400)), ""},
		{"applied", "it is kept for longer than it says", controllertest.CallWith(unseen, appliedByKubectl, timeToLive(60)), "kept for 24h0m0s after its end"},
		{"Flux", "it is not deleted at all", controllertest.CallWith(unseen, appliedByFlux, timeToLive(86400)), "kept until its manifest is removed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, interceptor.Funcs{}, c.call)
			r, recorder := newReconciler(t, api, controllertest.PlacesCalls())
			for range 2 {
				if _, err := r.Reconcile(t.Context(), controllertest.TheCall); err != nil {
					t.Fatal(err)
				}
			}
			close(recorder.Events)
			warnings := 0
			for event := range recorder.Events {
				if strings.HasPrefix(event, "Warning "+v1alpha1.ReasonTimeToLiveDeferred) {
					if warnings++; !strings.Contains(event, c.warns) {
						t.Errorf("%s: %s", c.reason, event)
					}
				}
			}
			if want := map[bool]int{true: 1}[c.warns != ""]; warnings != want {
				t.Errorf("%s: %d warnings, want %d", c.reason, warnings, want)
			}
		})
	}
}

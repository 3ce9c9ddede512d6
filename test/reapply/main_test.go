// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package reapply applies manifests again, in all the ways that people and GitOps tools do, while the operator runs: no phone rings
// twice, and no writers conflict over a field.
package reapply

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

const name = "reminder"

// callee is rung by the Call of every test, in a World of its own.
var callee = harness.Callee(1)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// world is a World with a running manager and a callee with a script, and kubectl.
func world(t *testing.T, phone harness.Script) (*harness.World, *kubectl) {
	t.Helper()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{callee: phone}})
	w.StartManager(t, harness.ManagerOptions{})
	w.AwaitProvider(t)
	return w, &kubectl{Kubectl: plane.KubectlAs(t, "a-person", "system:masters"), t: t, namespace: w.Namespace}
}

// kubectl is kubectl in the namespace of a World.
type kubectl struct {
	*harness.Kubectl
	t         *testing.T
	namespace string
}

func (k *kubectl) run(manifest string, arguments ...string) string {
	k.t.Helper()
	return k.Run(k.t, manifest, append(arguments, "--namespace", k.namespace)...)
}

func (k *kubectl) fails(manifest string, arguments ...string) error {
	k.t.Helper()
	output, err := k.Try(k.t, manifest, append(arguments, "--namespace", k.namespace)...)
	if err == nil {
		k.t.Errorf("kubectl %v succeeds: %s", arguments, output)
	}
	return err
}

// manifest is a Call as a file has it, with further lines of its spec.
func manifest(lines ...string) string {
	text := `
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata:
  name: ` + name + `
  labels:
    set: calls
spec:
  providerRef:
    name: ` + harness.ProviderName + `
  from:
    phoneNumber: "` + harness.Caller + `"
  to:
    phoneNumber: "` + callee + `"
`
	for _, line := range lines {
		text += "  " + line + "\n"
	}
	return text
}

// connected waits until the Call is, and at rest.
func connected(t *testing.T, w *harness.World) *v1alpha1.Call {
	t.Helper()
	// A poll may tell the roster before its report comes, and the answer to createCall may be written last of all.
	w.AwaitRoster(t, name, 2)
	return w.Await(t, name, "its roster is reported and the answer to its request recorded", func(call *v1alpha1.Call) bool {
		return call.Status.RosterSequence > 0 && call.Status.Attempt.Repeatability != ""
	})
}

func ended(t *testing.T, w *harness.World) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
}

// observed waits until the operator has looked at the newest spec.
func observed(t *testing.T, w *harness.World, generation int64) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, fmt.Sprintf("generation %d is observed", generation), func(call *v1alpha1.Call) bool {
		return call.Generation == generation && call.Status.ObservedGeneration == generation
	})
}

func current(t *testing.T, w *harness.World) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := w.Client.Get(t.Context(), types.NamespacedName{Namespace: w.Namespace, Name: name}, call); err != nil {
		t.Fatal(err)
	}
	return call
}

// checkRings checks how often the callee was rung.
func checkRings(t *testing.T, w *harness.World, want int) {
	t.Helper()
	w.AwaitWork(t)
	if rings := w.Sim.Rings(callee); rings != want {
		t.Errorf("the callee was rung %d times, want %d\n%s", rings, want, w.Sim.Describe())
	}
}

// checkUnwritten checks that nobody has written a Call since before.
func checkUnwritten(t *testing.T, w *harness.World, before *v1alpha1.Call) {
	t.Helper()
	w.AwaitWork(t)
	if now := current(t, w); now.ResourceVersion != before.ResourceVersion || now.Generation != before.Generation {
		t.Errorf("something was written although nothing changed: version %s, then %s; generation %d, then %d\n%+v",
			before.ResourceVersion, now.ResourceVersion, before.Generation, now.Generation, now.ManagedFields)
	}
}

// until tries something until it is true, for what no watch tells.
func until(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for !is(t.Context()) {
		if time.Now().After(late) {
			t.Fatalf("waited %s until %s", harness.Patience, what)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// hasFinalizer tells whether the Call cannot vanish before its call is over.
func hasFinalizer(call client.Object) bool {
	for _, finalizer := range call.GetFinalizers() {
		if finalizer == v1alpha1.CallFinalizer {
			return true
		}
	}
	return false
}

// argoCDSettings is what Argo CD is to know of our kinds.
var argoCDSettings = filepath.Join(devcontrolplane.Root(), "config", "argocd", "argocd-cm.yaml")

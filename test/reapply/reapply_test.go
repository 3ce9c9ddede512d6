// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reapply

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// TestApplyAgain: the same file applied again changes nothing, whether the call lives or is over.
func TestApplyAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		phone        harness.Script
		rest         func(*testing.T, *harness.World) *v1alpha1.Call
		arguments    []string
		says         string
	}{
		{"live", "the call stays active", harness.Script{}, connected, []string{"apply", "-f", "-"}, "unchanged"},
		{"ended", "one Call is one ring, even when it is over", harness.Script{HangUpAfter: 50 * time.Millisecond}, ended, []string{"apply", "-f", "-"}, "unchanged"},
		{"failed", "a busy callee is not tried again", harness.Script{Busy: true}, ended, []string{"apply", "-f", "-"}, "unchanged"},
		{"live, by the server", "the call stays active", harness.Script{}, connected, []string{"apply", "--server-side", "-f", "-"}, "serverside-applied"},
		{"ended, by the server", "one Call is one ring, even when it is over", harness.Script{HangUpAfter: 50 * time.Millisecond}, ended, []string{"apply", "--server-side", "-f", "-"}, "serverside-applied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, kubectl := world(t, c.phone)
			kubectl.run(manifest(), c.arguments...)
			before := c.rest(t, w)
			if said := kubectl.run(manifest(), c.arguments...); !strings.Contains(said, c.says) {
				t.Errorf("%s, but kubectl says: %s", c.reason, said)
			}
			checkUnwritten(t, w, before)
			checkRings(t, w, 1)
		})
	}
}

// TestTwoManagers: two tools repeatedly apply different fields of one Call; neither removes the other's fields, and both get a
// conflict when they want different values.
func TestTwoManagers(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	whole := []string{"apply", "--server-side", "--field-manager=team", "-f", "-"}
	part := []string{"apply", "--server-side", "--field-manager=platform", "-f", "-"}
	const limit = "apiVersion: call-operator.dev/v1alpha1\nkind: Call\nmetadata:\n  name: " + name + "\nspec:\n  maxDuration: 30m\n"
	kubectl.run(manifest(), whole...)
	call := connected(t, w)
	kubectl.run(limit, part...)
	before := observed(t, w, call.Generation+1)
	if before.MaxDuration() != 30*time.Minute || before.Spec.To == nil {
		t.Errorf("the Call is not what both want: %+v", before.Spec)
	}
	for range 3 {
		kubectl.run(manifest(), whole...)
		kubectl.run(limit, part...)
	}
	checkUnwritten(t, w, before)
	if err := kubectl.fails(manifest("maxDuration: 1h"), whole...); err != nil && !strings.Contains(err.Error(), `conflict with "platform"`) {
		t.Errorf("who wants another value is not told whose it is: %v", err)
	}
	checkUnwritten(t, w, before)
	checkRings(t, w, 1)
}

// applied is a manifest as a client sends it for server-side apply.
func applied(t *testing.T, namespace, manifest string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &object.Object); err != nil {
		t.Fatal(err)
	}
	object.SetNamespace(namespace)
	return object
}

// TestReconcileLikeFlux: a tool applies with force, a dry run first, over and over, from before the first ring to after the end.
// What the operator writes is no drift, and what the tool writes is no change.
func TestReconcileLikeFlux(t *testing.T) {
	t.Parallel()
	w, _ := world(t, harness.Script{AnswerAfter: 200 * time.Millisecond})
	wanted := applied(t, w.Namespace, manifest("maxDuration: 90m"))
	reconcile := func(ctx context.Context) (drifted bool) {
		dry := wanted.DeepCopy()
		force := []client.ApplyOption{client.ForceOwnership, client.FieldOwner("kustomize-controller")}
		if err := w.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(dry), append(force, client.DryRunAll)...); err != nil {
			t.Fatal(err)
		}
		there := &unstructured.Unstructured{}
		there.SetGroupVersionKind(wanted.GroupVersionKind())
		err := w.Client.Get(ctx, client.ObjectKeyFromObject(wanted), there)
		drifted = err != nil || dry.GetGeneration() != there.GetGeneration()
		if err := w.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(wanted.DeepCopy()), force...); err != nil {
			t.Fatal(err)
		}
		return drifted
	}
	if !reconcile(t.Context()) {
		t.Error("the first time is no drift, so that this test says nothing")
	}
	over := make(chan struct{})
	rounds := 0
	go func() {
		defer close(over)
		connected(t, w)
		w.HangUp(t, name)
		ended(t, w)
	}()
	// The tool's spec says nothing of state, so that hanging up is no drift either.
	for going := true; going; rounds++ {
		select {
		case <-over:
			going = false
		default:
		}
		generation := current(t, w).Generation
		if reconcile(t.Context()) && current(t, w).Generation == generation {
			t.Error("the tool sees drift in what nobody but the operator wrote")
		}
	}
	before := current(t, w)
	for range 5 {
		if reconcile(t.Context()) {
			t.Error("the tool sees drift in a call that is over")
		}
	}
	checkUnwritten(t, w, before)
	checkRings(t, w, 1)
	t.Logf("%d rounds while the call lived", rounds)
}

// TestFieldRemoved: a field that is removed from the manifest gets its default again; the call stays active.
func TestFieldRemoved(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{{"apply", "-f", "-"}, {"apply", "--server-side", "-f", "-"}} {
		t.Run(strings.Join(arguments, " "), func(t *testing.T) {
			t.Parallel()
			w, kubectl := world(t, harness.Script{})
			kubectl.run(manifest("maxDuration: 90m", "ttlSecondsAfterFinished: 3600"), arguments...)
			before := connected(t, w)
			kubectl.run(manifest(), arguments...)
			after := observed(t, w, before.Generation+1)
			if after.MaxDuration() != 4*time.Hour || after.Spec.TTLSecondsAfterFinished != nil {
				t.Errorf("the fields keep what they were: %+v", after.Spec)
			}
			if after.Status.ConnectionID != before.Status.ConnectionID || after.Status.Result != nil {
				t.Errorf("the call did not stay active: %+v", after.Status)
			}
			checkRings(t, w, 1)
		})
	}
}

// TestCalleeChanged: who edits the number of a call that was placed is refused, live and ended, and nobody is rung.
func TestCalleeChanged(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	other := strings.ReplaceAll(manifest(), callee, harness.Callee(2))
	const says = "spec.to: Invalid value: cannot change once the call is placed: create a new Call"
	kubectl.run(manifest(), "apply", "-f", "-")
	connected(t, w)
	for _, arguments := range [][]string{{"apply", "-f", "-"}, {"apply", "--server-side", "--force-conflicts", "-f", "-"}, {"replace", "-f", "-"}} {
		if err := kubectl.fails(other, arguments...); err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("kubectl %v does not say what to do: %v", arguments, err)
		}
	}
	w.HangUp(t, name)
	ended(t, w)
	if err := kubectl.fails(other, "apply", "-f", "-"); err != nil && !strings.Contains(err.Error(), says) {
		t.Errorf("of a call that is over it is not said what to do: %v", err)
	}
	checkRings(t, w, 1)
	if rings := w.Sim.Rings(harness.Callee(2)); rings > 0 {
		t.Errorf("the other number was rung %d times", rings)
	}
}

// TestReplace: kubectl replace writes the whole object, without the finalizer. The call stays active, and the Call still cannot be
// removed before the call is over.
func TestReplace(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	kubectl.run(manifest(), "create", "-f", "-")
	before := connected(t, w)
	kubectl.run(manifest(), "replace", "-f", "-")
	after := w.Await(t, name, "it has its finalizer again", func(call *v1alpha1.Call) bool {
		return call.ResourceVersion != before.ResourceVersion && hasFinalizer(call)
	})
	if after.Status.ConnectionID != before.Status.ConnectionID || after.Status.Result != nil {
		t.Errorf("the call did not stay active: %+v", after.Status)
	}
	kubectl.run("", "delete", "call", name)
	w.AwaitGone(t, name)
	w.CheckNoLiveCall(t)
	checkRings(t, w, 1)
}

// TestReplaceByForce: kubectl replace --force deletes and creates: that is a new Call, and one more ring, after the first call was
// hung up.
func TestReplaceByForce(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	kubectl.run(manifest(), "create", "-f", "-")
	first := connected(t, w)
	kubectl.run(manifest(), "replace", "--force", "-f", "-")
	checkAnew(t, w, first)
}

// TestDeleteAndApply: a Call of the same name with another UID is another intent, and rings once.
func TestDeleteAndApply(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	kubectl.run(manifest(), "apply", "-f", "-")
	first := connected(t, w)
	kubectl.run("", "delete", "call", name)
	kubectl.run(manifest(), "apply", "-f", "-")
	checkAnew(t, w, first)
	kubectl.run(manifest(), "apply", "-f", "-")
	checkRings(t, w, 2)
}

// checkAnew checks that another Call took the first one's name, and rang once.
func checkAnew(t *testing.T, w *harness.World, first *v1alpha1.Call) {
	t.Helper()
	second := w.Await(t, name, "another one is connected", func(call *v1alpha1.Call) bool {
		return call.UID != first.UID && call.Status.ConnectedTime != nil
	})
	if second.Status.ConnectionID == first.Status.ConnectionID {
		t.Error("the new Call has the old one's call")
	}
	checkRings(t, w, 2)
	if live := w.Sim.Live(); live != 1 {
		t.Errorf("there are %d live calls, want 1: the first was to be hung up", live)
	}
}

// TestPrune: a Call whose manifest is gone is hung up and deleted; the others stay.
func TestPrune(t *testing.T) {
	t.Parallel()
	w, kubectl := world(t, harness.Script{})
	const kept = "kept"
	other := strings.ReplaceAll(strings.Replace(manifest(), "name: "+name, "name: "+kept, 1), callee, harness.Callee(2))
	prune := []string{"apply", "-f", "-", "--prune", "--selector", "set=calls", "--prune-allowlist", "call-operator.dev/v1alpha1/Call"}
	kubectl.run(manifest()+"---"+other, prune...)
	connected(t, w)
	w.AwaitRoster(t, kept, 2)
	kubectl.run(other, prune...)
	w.AwaitGone(t, name)
	checkRings(t, w, 1)
	if live := w.Sim.Live(); live != 1 {
		t.Errorf("there are %d live calls, want the one that was kept", live)
	}
}

// TestTimeToLive: if a Call with a time to live were applied again, it would ring again. So the record of an applied Call is kept,
// whatever its spec says; that of a created one is deleted.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	for how, arguments := range map[string][]string{
		"apply": {"apply", "-f", "-"}, "apply on the server": {"apply", "--server-side", "-f", "-"},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w, kubectl := world(t, harness.Script{HangUpAfter: 50 * time.Millisecond})
			kubectl.run(manifest("ttlSecondsAfterFinished: 0"), arguments...)
			first := ended(t, w)
			for range 3 {
				kubectl.run(manifest("ttlSecondsAfterFinished: 0"), arguments...)
			}
			awaitEvent(t, w, "it is said that the record is kept", v1alpha1.ReasonTimeToLiveDeferred)
			last := w.Await(t, name, "it is there", func(*v1alpha1.Call) bool { return true })
			if last.UID != first.UID {
				t.Error("the record was deleted, and applied again")
			}
			checkRings(t, w, 1)
		})
	}
	t.Run("create", func(t *testing.T) {
		t.Parallel()
		w, kubectl := world(t, harness.Script{HangUpAfter: 50 * time.Millisecond})
		kubectl.run(manifest("ttlSecondsAfterFinished: 0"), "create", "-f", "-")
		w.AwaitGone(t, name)
		checkRings(t, w, 1)
		kubectl.run(manifest("ttlSecondsAfterFinished: 0"), "create", "-f", "-")
		awaitEvent(t, w, "it is said that this call was made before", v1alpha1.ReasonCreatedAgain)
	})
}

// awaitEvent waits for an Event about the Call.
func awaitEvent(t *testing.T, w *harness.World, what, reason string) {
	t.Helper()
	until(t, what, func(ctx context.Context) bool {
		var events eventsv1.EventList
		if err := plane.Client.List(ctx, &events, client.InNamespace(w.Namespace)); err != nil {
			t.Error(err)
		}
		return slices.ContainsFunc(events.Items, func(e eventsv1.Event) bool { return e.Reason == reason && e.Regarding.Name == name })
	})
}

// TestArgoCDSettings: the settings for Argo CD are added to those that are there.
func TestArgoCDSettings(t *testing.T) {
	t.Parallel()
	kubectl := plane.KubectlAs(t, "a-person", "system:masters")
	kubectl.Run(t, "", "create", "namespace", "argocd")
	kubectl.Run(t, "", "create", "configmap", "argocd-cm", "--namespace", "argocd", "--from-literal=url=https://argocd.example.com")
	kubectl.Run(t, "", "apply", "--server-side", "--field-manager=call-operator", "-f", argoCDSettings)
	keys := kubectl.Run(t, "", "get", "configmap", "argocd-cm", "--namespace", "argocd", "-o", "go-template={{range $key, $value := .data}}{{$key}} {{end}}")
	want := "resource.customizations.health.call-operator.dev_Call resource.customizations.health.call-operator.dev_CallProvider " +
		"resource.customizations.health.call-operator.dev_CallRoute resource.customizations.health.call-operator.dev_DialOut " +
		"resource.customizations.health.call-operator.dev_ParticipantMove url "
	if keys != want {
		t.Errorf("Argo CD's settings are %s, want %s", keys, want)
	}
}

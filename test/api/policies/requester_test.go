// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package policies

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const (
	notYours   = "the annotation call-operator.dev/requested-by must be the name of the user who creates the object"
	notChanged = "the annotation call-operator.dev/requested-by says who created the object, and cannot be changed"
)

var cancels = v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}

var onceRequester sync.Once

// installRequester applies the policy of who asked, which is in no kustomization, and waits until it is in force.
func installRequester(t *testing.T) {
	t.Helper()
	install(t)
	onceRequester.Do(func() {
		policy := filepath.Join(devcontrolplane.Root(), "config", "policies", "requester.yaml")
		plane.KubectlAs(t, "installer", "system:masters").Run(t, "", "apply", "-f", policy)
	})
}

func move(namespace string) *v1alpha1.ParticipantMove {
	made := fromGit(namespace)
	made.Labels, made.Spec.TTLSecondsAfterFinished = nil, nil
	return made
}

// saying is an object that says who asked.
func saying(object client.Object, requester string) client.Object {
	object.SetAnnotations(map[string]string{v1alpha1.RequestedByAnnotation: requester, "team": "a"})
	return object
}

// TestRequester: everything that can make a phone ring says who created it, and nobody can say otherwise.
func TestRequester(t *testing.T) {
	t.Parallel()
	installRequester(t)
	ns := namespace(t, "+1425")
	awaitRequester(t, ns)
	cases := []struct {
		name, reason, user string
		object             client.Object
		want               string
	}{
		{"call", "a person asked", person, call(ns, "+14255550123"), person},
		{"action", "it may call somebody", person, action(ns, cancels), person},
		{"move", "it changes a call", person, move(ns), person},
		{"incoming call", "nobody asked but the receiver", receiver, incoming(ns), receiver},
		{"forged", "nobody asks in another's name", person, saying(call(ns, "+14255550123"), "ada"), person},
		{"emptied", "nor in no one's", person, saying(action(ns, cancels), ""), person},
		{"right", "it says what would be set", person, saying(call(ns, "+14255550123"), person), person},
		{"call of a DialOut", "the manager passes on who asked for it", manager, ofDialOut(saying(call(ns, "+14255550123"), "ada")), "ada"},
		{"call of the manager", "nobody else asked", manager, ofDialOut(call(ns, "+14255550123")), manager},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Service accounts do it with rights that they have for a DialOut only.
			as := clientAs(t, c.user, editors)
			team := c.object.GetAnnotations()["team"]
			if err := as.Create(t.Context(), c.object); err != nil {
				t.Fatalf("%s: %v", c.reason, err)
			}
			annotations := c.object.GetAnnotations()
			if annotations[v1alpha1.RequestedByAnnotation] != c.want || annotations["team"] != team {
				t.Errorf("%s: the annotations are %v, want the requester %s", c.reason, annotations, c.want)
			}
		})
	}
}

// awaitRequester waits until both policies are in force.
func awaitRequester(t *testing.T, ns string) {
	t.Helper()
	as := clientAs(t, person)
	asked := call(ns, "+14255550123")
	until(t, "the requester is set", func(ctx context.Context) error {
		asked.ResourceVersion, asked.Name, asked.Annotations = "", "", nil
		if err := as.Create(ctx, asked); err != nil {
			return err
		}
		if asked.Annotations[v1alpha1.RequestedByAnnotation] != person {
			return &notYet{}
		}
		return nil
	})
	until(t, "the requester is kept", func(ctx context.Context) error {
		if err := as.Patch(ctx, asked, annotate("ada"), client.DryRunAll); err == nil || !isAbout(err, notChanged) {
			return &notYet{err}
		}
		return nil
	})
}

// annotate changes the requester; nil removes it.
func annotate(requester any) client.Patch {
	patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{v1alpha1.RequestedByAnnotation: requester}}})
	return client.RawPatch(types.MergePatchType, patch)
}

// TestRequesterStays: who asked is set once.
func TestRequesterStays(t *testing.T) {
	t.Parallel()
	installRequester(t)
	ns := namespace(t, "+1425")
	awaitRequester(t, ns)
	as := clientAs(t, person)
	asked := call(ns, "+14255550123")
	if err := as.Create(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{person, manager} {
		check(t, "the record is not changed by "+user, clientAs(t, user, editors).Patch(t.Context(), asked.DeepCopy(), annotate("ada")), notChanged)
	}
	removed := asked.DeepCopy()
	check(t, "a manifest without it may be applied", as.Patch(t.Context(), removed, annotate(nil)), "")
	replaced := removed.DeepCopy()
	replaced.Annotations = map[string]string{"team": "a"}
	check(t, "and may replace the object", as.Update(t.Context(), replaced), "")
	for _, after := range []*v1alpha1.Call{removed, replaced} {
		if got := after.Annotations[v1alpha1.RequestedByAnnotation]; got != person {
			t.Errorf("who asked is lost: %v", after.Annotations)
		}
	}
	if replaced.Annotations["team"] != "a" {
		t.Errorf("another annotation is lost: %v", replaced.Annotations)
	}
	check(t, "the call can be ended", as.Patch(t.Context(), replaced, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"state":"Ended"}}`))), "")
	check(t, "the object can be deleted", as.Delete(t.Context(), replaced), "")
}

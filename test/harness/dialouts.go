// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// DialOut is a DialOut from Caller to these numbers, not created yet.
func (w *World) DialOut(name string, numbers ...string) *v1alpha1.DialOut {
	dialOut := &v1alpha1.DialOut{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec: v1alpha1.DialOutSpec{
			CallTemplate: v1alpha1.CallTemplate{Spec: v1alpha1.CallTemplateSpec{ProviderRef: v1alpha1.ProviderReference{Name: ProviderName}}},
			From:         []v1alpha1.PhoneNumber{Caller},
			Parallelism:  ptr.To[int32](10),
		},
	}
	for _, number := range numbers {
		dialOut.Spec.Targets = append(dialOut.Spec.Targets, v1alpha1.DialOutTarget{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}})
	}
	return dialOut
}

// CreateDialOut creates a DialOut.
func (w *World) CreateDialOut(t testing.TB, dialOut *v1alpha1.DialOut) {
	t.Helper()
	must(t, w.Client.Create(t.Context(), dialOut))
}

// PatchDialOut changes a DialOut by a JSON merge patch.
func (w *World) PatchDialOut(t testing.TB, name, patch string) {
	t.Helper()
	must(t, w.Client.Patch(t.Context(), w.DialOut(name), client.RawPatch(types.MergePatchType, []byte(patch))))
}

// DeleteDialOut deletes a DialOut.
func (w *World) DeleteDialOut(t testing.TB, name string) {
	t.Helper()
	must(t, w.Client.Delete(t.Context(), w.DialOut(name)))
}

// AwaitDialOut waits until cond holds for a DialOut and returns the revision for which it did.
func (w *World) AwaitDialOut(t testing.TB, name, what string, cond func(*v1alpha1.DialOut) bool) *v1alpha1.DialOut {
	t.Helper()
	var found *v1alpha1.DialOut
	awaitIn(t, w, w.dialOuts, name, what, func(dialOut *v1alpha1.DialOut, gone bool) bool {
		if dialOut == nil || gone || !cond(dialOut) {
			return false
		}
		found = dialOut
		return true
	}, describeDialOut)
	return found
}

// AwaitDialOutEnd waits until a DialOut is over, and checks its outcome.
func (w *World) AwaitDialOutEnd(t testing.TB, name string, want v1alpha1.DialOutOutcome) *v1alpha1.DialOut {
	t.Helper()
	dialOut := w.AwaitDialOut(t, name, "it is over", func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Result != nil })
	if result := dialOut.Status.Result; result.Outcome != want {
		t.Errorf("DialOut %s ended as %s (%s), want %s", name, result.Outcome, result.Message, want)
	}
	return dialOut
}

// AwaitDialOutReason waits until a DialOut is ready, or not, for a reason.
func (w *World) AwaitDialOutReason(t testing.TB, name, reason string) *v1alpha1.DialOut {
	t.Helper()
	return w.AwaitDialOut(t, name, "its reason is "+reason, func(dialOut *v1alpha1.DialOut) bool {
		for _, condition := range dialOut.Status.Conditions {
			if condition.Type == v1alpha1.ConditionReady && condition.Reason == reason {
				return true
			}
		}
		return false
	})
}

// AwaitDialOutGone waits until a DialOut is gone.
func (w *World) AwaitDialOutGone(t testing.TB, name string) {
	t.Helper()
	awaitIn(t, w, w.dialOuts, name, "it is gone", func(_ *v1alpha1.DialOut, gone bool) bool { return gone }, describeDialOut)
}

func describeDialOut(dialOut *v1alpha1.DialOut, gone bool) string {
	switch {
	case dialOut == nil:
		return "not there"
	case gone:
		return "gone"
	}
	status, err := yaml.Marshal(dialOut.Status)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("deletion %v, finalizers %v\n%s", dialOut.DeletionTimestamp, dialOut.Finalizers, status)
}

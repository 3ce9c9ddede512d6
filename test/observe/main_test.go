// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package observe checks the metrics and traces of manager and receiver.
package observe

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

var plane *harness.Plane

func TestMain(m *testing.M) { harness.Main(m, &plane) }

// briefly is a phone that is answered, and hung up soon.
func briefly() harness.Script {
	return harness.Script{AnswerAfter: 50 * time.Millisecond, HangUpAfter: 200 * time.Millisecond}
}

// answerAll has every incoming call answered.
func answerAll(t *testing.T, w *harness.World) {
	t.Helper()
	route := &v1alpha1.CallRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "route-of-ada"},
		Spec: v1alpha1.CallRouteSpec{
			ProviderRef: v1alpha1.ProviderReference{Name: harness.ProviderName},
			Action:      v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{}},
		},
	}
	if err := w.Client.Create(t.Context(), route); err != nil {
		t.Fatal(err)
	}
}

func awaitEnd(t *testing.T, w *harness.World, name string) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, "it is over", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
}

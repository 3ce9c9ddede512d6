// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func doNotCall(p *v1alpha1.CallProvider) {
	p.Spec.DoNotCall = []v1alpha1.DoNotCallReference{{ConfigMapKeyRef: &v1alpha1.KeyReference{Name: "d", Key: "numbers"}}}
}

func listWith(numbers string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "d"}, Data: map[string]string{"numbers": numbers}}
}

// TestDoNotCall: what becomes of a Call to a number that may be on a list, before its request and after it.
func TestDoNotCall(t *testing.T) {
	t.Parallel()
	attempted := func(c *v1alpha1.Call) {
		controllertest.Attempted(c)
		controllertest.SentPins(t, c).FillIn(c.Status.Attempt)
	}
	fails := func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, list := object.(*corev1.ConfigMap); list {
			return controllertest.ErrBroken
		}
		return api.Get(ctx, key, object, options...)
	}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		list         *corev1.ConfigMap
		get          func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error
		requests     int
		outcome      v1alpha1.CallOutcome
		// waits is what the Call waits for, and says part of the message.
		waits, says string
		fails       bool
	}{
		{name: "not listed", reason: "it is placed", call: controllertest.CallWith(), list: listWith("+442079460101"), requests: 1},
		{
			name: "listed", reason: "it is never placed", call: controllertest.CallWith(), list: listWith("+14255550123"), outcome: v1alpha1.OutcomeBlocked,
			says: "ConfigMap d, key numbers",
		},
		{
			name: "unreadable", reason: "it may be listed", call: controllertest.CallWith(), list: listWith("?"), waits: v1alpha1.ReasonDoNotCallUnreadable,
			says: "line 1 does not begin with +",
		},
		{
			name: "the API server fails", reason: "it is tried again soon, and nothing is written", call: controllertest.CallWith(), list: listWith(""), get: fails, fails: true,
		},
		{
			name: "repetition", reason: "it was not listed when the answer was lost", call: controllertest.CallWith(attempted), list: listWith("+442079460101"), requests: 1,
			waits: v1alpha1.ReasonDialUnresolved,
		},
		{
			name: "repetition to a listed number", reason: "the first request may not have arrived", call: controllertest.CallWith(attempted), list: listWith("+14255550123"),
			waits: v1alpha1.ReasonDialUnresolved, says: "is on a do-not-call list",
		},
		{
			name: "repetition with an unreadable list", reason: "it may have been listed", call: controllertest.CallWith(attempted), list: listWith("?"),
			waits: v1alpha1.ReasonDialUnresolved, says: "line 1 does not begin with +",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t, interceptor.Funcs{Get: c.get}, c.call, c.list, controllertest.ProviderWith(doNotCall), controllertest.SecretWith(controllertest.ConnectionString))
			service := controllertest.PlacesCalls()
			if c.call.Status.Attempt != nil {
				service.Status, service.Answer = 500, "{}"
			}
			r, _ := newReconciler(t, api, service)
			setClock(r).Pass(10 * time.Second)
			if _, err := r.Reconcile(t.Context(), controllertest.TheCall); (err != nil) != c.fails {
				t.Fatalf("%s: %v", c.reason, err)
			}
			status := controllertest.Read(t, api).Status
			if n := len(service.IDs()); n != c.requests {
				t.Errorf("%s: %d requests, want %d", c.reason, n, c.requests)
			}
			var outcome v1alpha1.CallOutcome
			var waits, says string
			if status.Result != nil {
				outcome, says = status.Result.Outcome, status.Result.Message
			}
			if status.Waiting != nil {
				waits, says = status.Waiting.Reason, status.Waiting.Message
			}
			if outcome != c.outcome || waits != c.waits || !strings.Contains(says, c.says) {
				t.Errorf("%s: outcome %q, waiting %q: %q", c.reason, outcome, waits, says)
			}
			if c.requests == 0 && c.call.Status.Attempt == nil && status.Attempt != nil {
				t.Errorf("%s: an attempt is recorded", c.reason)
			}
			if c.requests == 0 && !c.fails && c.call.Status.Attempt == nil && !admit(t, r.Admission, younger()).Admitted {
				t.Errorf("%s: its slot is not free", c.reason)
			}
		})
	}
}

// TestWhoAskedIsLogged: the log says who asked for a call, without the whole number.
func TestWhoAskedIsLogged(t *testing.T) {
	t.Parallel()
	api := newAPI(t, interceptor.Funcs{}, controllertest.ProviderWith(), controllertest.SecretWith(controllertest.ConnectionString), controllertest.CallWith(func(c *v1alpha1.Call) {
		c.Annotations = map[string]string{v1alpha1.RequestedByAnnotation: "ada@example.com"}
	}))
	r, _ := newReconciler(t, api, controllertest.PlacesCalls())
	var lines []string
	log := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	if _, err := r.Reconcile(ctrl.LoggerInto(t.Context(), log), controllertest.TheCall); err != nil {
		t.Fatal(err)
	}
	const want = `"msg"="a party is called" "operation"="createCall" "called"="+...23" "requestedBy"="ada@example.com"`
	if len(lines) != 1 || !strings.Contains(lines[0], want) {
		t.Errorf("the log is %q, want one line with %s", lines, want)
	}
}

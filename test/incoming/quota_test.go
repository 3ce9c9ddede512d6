// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package incoming

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	acsreports "github.com/call-operator/call-operator/telephony/acs/reports"
	asteriskreports "github.com/call-operator/call-operator/telephony/asterisk/reports"
	"github.com/call-operator/call-operator/test/harness"
	"github.com/call-operator/call-operator/webhookreceiver"
)

// TestQuotaIsUsedUp has the phone ring when the namespace has no room for another Call, with the receiver's own rights.
func TestQuotaIsUsedUp(t *testing.T) {
	world := harness.New(t, plane, harness.Options{NoReceiver: true})
	quota := useUpQuota(t, world)

	// A second before the ring is over there is nothing to wait for.
	lost := ring(t, "lost", time.Now().Add(-v1alpha1.IncomingCallRing+time.Second))
	if got := deliver(t, world, newReceiver(t, world), lost); got != "api_refused" {
		t.Fatalf("the answer is %s, want api_refused, with which Event Grid sends again", got)
	}
	awaitRefusal(t, world, v1alpha1.ReasonQuotaExceeded)

	// The quota is removed while the next phone rings, and another replica takes the call.
	remove := sync.OnceFunc(func() {
		if err := world.Client.Delete(context.Background(), quota); err != nil {
			t.Error(err)
		}
	})
	if got := deliver(t, world, receiverThatHears(t, world, remove), ring(t, "taken", time.Now())); got != "recorded" {
		t.Errorf("a call that was refused for a moment is answered with %s, want recorded", got)
	}
	awaitRefusal(t, world, "")
}

// useUpQuota allows no Calls, and returns once the API server keeps to that. There is no controller here that would count.
func useUpQuota(t *testing.T, world *harness.World) *corev1.ResourceQuota {
	t.Helper()
	none := corev1.ResourceList{"count/calls.call-operator.dev": resource.MustParse("0")}
	quota := &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Namespace: world.Namespace, Name: "calls"}, Spec: corev1.ResourceQuotaSpec{Hard: none},
	}
	if err := world.Client.Create(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	quota.Status = corev1.ResourceQuotaStatus{Hard: none, Used: none}
	if err := world.Client.Status().Update(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quota holds", func() bool {
		return apierrors.IsForbidden(world.Client.Create(t.Context(), world.Call("probe", harness.Callee(1)), client.DryRunAll))
	})
	return quota
}

// receiverThatHears tells of each creation that is refused.
func receiverThatHears(t *testing.T, world *harness.World, refused func()) http.Handler {
	t.Helper()
	c, err := client.NewWithWatch(plane.As(harness.RoleReceiver), client.Options{Scheme: world.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	hearing := interceptor.NewClient(c, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			err := c.Create(ctx, object, options...)
			if apierrors.IsForbidden(err) {
				refused()
			}
			return err
		},
	})
	server, err := webhookreceiver.New(webhookreceiver.Config{
		Client: hearing, APIReader: c, Recorder: events.NewFakeRecorder(10), Keys: world.Keys, Reports: new(acsreports.Reports), Streams: new(asteriskreports.Reports),
		Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// ring is the body of a delivery about a call that began to ring then.
func ring(t *testing.T, id string, began time.Time) string {
	t.Helper()
	body, err := json.Marshal([]any{map[string]any{
		"id": id, "eventType": "Microsoft.Communication.IncomingCall", "eventTime": began.Format(time.RFC3339Nano),
		"data": map[string]any{
			"to": map[string]any{"rawId": "4:+14255550123"}, "from": map[string]any{"rawId": "4:+442079460123"}, "incomingCallContext": "context",
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// awaitRefusal waits until the provider says that its calls are refused for this reason, or with none that they are not.
func awaitRefusal(t *testing.T, world *harness.World, reason string) {
	t.Helper()
	eventually(t, "the condition has the reason "+reason, func() bool {
		provider := &v1alpha1.CallProvider{}
		if err := world.Client.Get(t.Context(), client.ObjectKey{Namespace: world.Namespace, Name: harness.ProviderName}, provider); err != nil {
			t.Fatal(err)
		}
		found := meta.FindStatusCondition(provider.Status.Conditions, v1alpha1.ConditionIncomingCallsRefused)
		return found == nil && reason == "" || found != nil && found.Reason == reason
	})
}

// eventually polls, since the object is not watched here.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(harness.Patience); !is(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited %s in vain: %s", harness.Patience, what)
		}
	}
}

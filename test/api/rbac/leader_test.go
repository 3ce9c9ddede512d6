// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/test/harness"
)

// TestLeader: with the rights of its service account the manager becomes leader, says so, and gives the Lease back.
func TestLeader(t *testing.T) {
	t.Parallel()
	install(t)
	account := serviceAccount("call-operator-manager")
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: account.user, Groups: account.groups}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	keys, err := callbackurl.ParseKeys([]byte(base64.StdEncoding.EncodeToString(key)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- controllers.Run(ctx, config, controllers.Options{
			CallbackKeys: keys, PollInterval: time.Hour, Concurrency: 1, LeaderElection: true, LeaderElectionNamespace: system,
			MetricsAddress: "0", HealthAddress: "0",
		})
	}()
	for _, said := range []string{"became leader", "stopped leading"} {
		awaitEvent(t, said)
		stop()
	}
	if err := <-done; err != nil {
		t.Errorf("the manager failed: %v", err)
	}
}

// awaitEvent waits for a Kubernetes Event about the Lease.
func awaitEvent(t *testing.T, said string) {
	t.Helper()
	late := time.Now().Add(harness.Patience)
	for {
		var events corev1.EventList
		if err := plane.Client.List(t.Context(), &events, client.InNamespace(system)); err != nil {
			t.Fatal(err)
		}
		for _, event := range events.Items {
			if event.InvolvedObject.Kind == "Lease" && strings.HasSuffix(event.Message, said) {
				return
			}
		}
		if time.Now().After(late) {
			t.Fatalf("waited %s for an Event that says %q; there are %+v", harness.Patience, said, events.Items)
		}
		<-time.After(50 * time.Millisecond) // a watch would be longer than the wait
	}
}

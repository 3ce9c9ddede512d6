// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const leaseName = "manager.call-operator.dev"

// upgradedWhileCallsLive installs the previous build, places calls, and has this build take over.
func (e *environment) upgradedWhileCallsLive(t *testing.T) {
	e.installPrevious(t)
	e.newCallbackKey(t)
	e.awaitRollout(t, append(deployments, "deployment/acs-simulator")...)
	tm := e.newTeam(t, "upgrade")

	// One call is connected, one rings as long as the upgrade takes, and one is to be ended by its other side meanwhile.
	e.phones(t, talkative(number(1), 100*time.Millisecond), talkative(number(2), 45*time.Second), brief(number(3), 100*time.Millisecond, 20*time.Second))
	tm.apply(t, tm.namespace, callManifest(nameOf(number(2)), number(2))+"  ringTimeout: 110s\n")
	connected, ringing, brief := tm.dial(t, number(1)), nameOf(number(2)), tm.dial(t, number(3))
	before := tm.awaitPhase(t, connected, v1alpha1.CallPhaseConnected)
	tm.awaitPhase(t, brief, v1alpha1.CallPhaseConnected)
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseDialing)

	e.install(t)
	e.awaitRollout(t, deployments...)
	for _, pod := range e.podsOf(t, "manager") {
		if image := pod.Spec.Containers[0].Image; image != operatorImage {
			t.Fatalf("%s runs %s, want %s: nothing was upgraded", pod.Name, image, operatorImage)
		}
	}
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseConnected)
	tm.endedAs(t, brief, v1alpha1.OutcomeCompleted)
	kept := tm.awaitPhase(t, connected, v1alpha1.CallPhaseConnected)
	if kept.Status.ConnectionID != before.Status.ConnectionID {
		t.Errorf("the call is another one after the upgrade: connection %s, before %s", kept.Status.ConnectionID, before.Status.ConnectionID)
	}
	e.rangOnce(t, number(1), number(2), number(3))
	tm.kubectl(t, "-n", tm.namespace, "patch", "call", connected, "--type=merge", "-p", `{"spec":{"state":"Ended"}}`)
	tm.endedAs(t, connected, v1alpha1.OutcomeCompleted)
	tm.leave(t)
	if live := e.liveCalls(t); len(live) > 0 {
		t.Errorf("calls live on: %+v", live)
	}
}

// managerKilledWhileAPhoneRings kills every manager, with no time to say goodbye.
func (e *environment) managerKilledWhileAPhoneRings(t *testing.T) {
	tm := e.newTeam(t, "manager-killed")
	e.phones(t, talkative(number(40), 8*time.Second))
	ringing := tm.dial(t, number(40))
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseDialing)
	e.kill(t, e.podsOf(t, "manager")...)
	// Placed while nobody is there: it waits for the next manager.
	waiting := tm.dial(t, number(41))
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseConnected)
	tm.awaitPhase(t, waiting, v1alpha1.CallPhaseConnected)
	e.rangOnce(t, number(40), number(41))
	e.awaitRollout(t, deployments...)
	tm.leave(t)
}

// managerStoppedGracefully has the leader stop as in a drain: the other one takes over at once, and not only when the
// Lease has run out.
func (e *environment) managerStoppedGracefully(t *testing.T) {
	tm := e.newTeam(t, "manager-stopped")
	leader := e.leader(t)
	e.kubectl(t, "-n", systemNamespace, "delete", "pod", leader, "--wait=false")
	eventually(t, func() error {
		if now := e.leader(t); now == leader || now == "" {
			return fmt.Errorf("the leader is %q still", now)
		}
		return nil
	})
	name := tm.dial(t, number(42))
	tm.awaitPhase(t, name, v1alpha1.CallPhaseConnected)
	e.rangOnce(t, number(42))
	e.awaitRollout(t, deployments...)
	tm.leave(t)
}

// receiversKilledUnderCallbacks kills one receiver after the other, each while calls are answered and end.
func (e *environment) receiversKilledUnderCallbacks(t *testing.T) {
	const rounds, callsEach = 3, 4
	tm := e.newTeam(t, "receivers-killed")
	for round := range rounds {
		var names, numbers []string
		for i := range callsEach {
			called := number(60 + round*callsEach + i)
			e.phones(t, brief(called, time.Duration(i+1)*time.Second, 3*time.Second))
			names, numbers = append(names, tm.dial(t, called)), append(numbers, called)
		}
		e.kill(t, e.podsOf(t, "webhookreceiver")[0])
		for _, name := range names {
			tm.endedAs(t, name, v1alpha1.OutcomeCompleted)
		}
		e.rangOnce(t, numbers...)
		// With one of two receivers gone, nothing is lost; with both gone, callbacks reach no receiver.
		e.awaitRollout(t, deployments...)
	}
	tm.leave(t)
}

// leaseDeleted takes the Lease away from under the leader, which must stop, so that there are never two for long.
func (e *environment) leaseDeleted(t *testing.T) {
	tm := e.newTeam(t, "lease-deleted")
	e.phones(t, talkative(number(45), 5*time.Second))
	ringing := tm.dial(t, number(45))
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseDialing)
	e.kubectl(t, "-n", systemNamespace, "delete", "lease", leaseName)
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseConnected)
	eventually(t, func() error {
		if e.leader(t) == "" {
			return fmt.Errorf("there is no leader")
		}
		return nil
	})
	later := tm.dial(t, number(46))
	tm.awaitPhase(t, later, v1alpha1.CallPhaseConnected)
	e.rangOnce(t, number(45), number(46))
	tm.leave(t)
}

// apiServerRestarted stops the API server while calls ring, are connected and end.
func (e *environment) apiServerRestarted(t *testing.T) {
	tm := e.newTeam(t, "api-server-restarted")
	e.phones(t, talkative(number(50), 6*time.Second), talkative(number(51), 100*time.Millisecond), brief(number(52), 100*time.Millisecond, 4*time.Second))
	ringing, connected, brief := tm.dial(t, number(50)), tm.dial(t, number(51)), tm.dial(t, number(52))
	tm.awaitPhase(t, connected, v1alpha1.CallPhaseConnected)
	tm.awaitPhase(t, brief, v1alpha1.CallPhaseConnected)
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseDialing)
	if _, err := e.onNode(t.Context(), "pkill -KILL -x kube-apiserver"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		_, err := run(t.Context(), e.command("get", "--raw", "/readyz"))
		return err
	})
	tm.awaitPhase(t, ringing, v1alpha1.CallPhaseConnected)
	tm.endedAs(t, brief, v1alpha1.OutcomeCompleted)
	later := tm.dial(t, number(53))
	tm.awaitPhase(t, later, v1alpha1.CallPhaseConnected)
	e.rangOnce(t, number(50), number(51), number(52), number(53))
	e.awaitRollout(t, deployments...)
	tm.leave(t)
}

// podsOf are a component's pods that are not about to go.
func (e *environment) podsOf(t *testing.T, component string) []corev1.Pod {
	t.Helper()
	list := &corev1.PodList{}
	err := e.List(t.Context(), list, client.InNamespace(systemNamespace), client.MatchingLabels{"app.kubernetes.io/component": component})
	if err != nil {
		t.Fatal(err)
	}
	var stay []corev1.Pod
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			stay = append(stay, pod)
		}
	}
	return stay
}

// kill removes pods at once, with no time for anything.
func (e *environment) kill(t *testing.T, pods ...corev1.Pod) {
	t.Helper()
	for i := range pods {
		if err := e.Delete(t.Context(), &pods[i], client.GracePeriodSeconds(0)); client.IgnoreNotFound(err) != nil {
			t.Fatal(err)
		}
	}
}

// leader is the name of the pod that holds the Lease; empty when nobody does.
func (e *environment) leader(t *testing.T) string {
	t.Helper()
	lease := &coordinationv1.Lease{}
	err := e.Get(t.Context(), client.ObjectKey{Namespace: systemNamespace, Name: leaseName}, lease)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	for _, pod := range e.podsOf(t, "manager") {
		// The identity is the pod's name and a random part.
		if holder := ptr.Deref(lease.Spec.HolderIdentity, ""); len(holder) > len(pod.Name) && holder[:len(pod.Name)] == pod.Name {
			return pod.Name
		}
	}
	return ""
}

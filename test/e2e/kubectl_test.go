// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// aPersonWithKubectl applies, watches, waits for, describes and deletes a Call.
func (e *environment) aPersonWithKubectl(t *testing.T) {
	tm := e.newTeam(t, "kubectl")
	e.phones(t, talkative(number(20), 500*time.Millisecond))
	stopWatching := tm.watchCalls(t)
	name := tm.dial(t, number(20))
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Connected", "call/"+name, "--timeout=60s")

	described := tm.kubectl(t, "-n", tm.namespace, "describe", "call", name)
	for _, part := range []string{"Placing the call.", "The call was answered."} {
		if !strings.Contains(described, part) {
			t.Errorf("kubectl describe does not tell %q:\n%s", part, described)
		}
	}
	tm.kubectl(t, "-n", tm.namespace, "patch", "call", name, "--type=merge", "-p", `{"spec":{"state":"Ended"}}`)
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Ended", "call/"+name, "--timeout=60s")
	tm.endedAs(t, name, v1alpha1.OutcomeCompleted)
	if live := e.liveCalls(t); len(live) > 0 {
		t.Errorf("the Call has ended and the call lives: %+v", live)
	}
	checkShown(t, stopWatching(), "Dialing", "Connected", "Ended")

	// Deleting hangs up: when the Call is gone, the call is over.
	e.phones(t, talkative(number(21), 100*time.Millisecond))
	name = tm.dial(t, number(21))
	tm.awaitPhase(t, name, v1alpha1.CallPhaseConnected)
	tm.kubectl(t, "-n", tm.namespace, "delete", "call", name, "--timeout=60s")
	if live := e.liveCalls(t); len(live) > 0 {
		t.Errorf("the Call is deleted and the call lives: %+v", live)
	}
	// The same name again is another intent.
	tm.dial(t, number(21))
	tm.awaitPhase(t, name, v1alpha1.CallPhaseConnected)
	if got := e.rings(t, number(21)); got != 2 {
		t.Errorf("the phone rang %d times, want once for each of two Calls", got)
	}
	tm.leave(t)
}

// watchCalls starts kubectl get calls -w. Stopped, it returns what that has shown.
func (tm *team) watchCalls(t *testing.T) (stop func() string) {
	t.Helper()
	watch := tm.command("-n", tm.namespace, "get", "calls", "-w")
	var seen strings.Builder
	watch.Stdout = &seen
	if err := watch.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceValue(func() string {
		_ = watch.Process.Kill()
		_ = watch.Wait()
		return seen.String()
	})
	t.Cleanup(func() { stop() })
	return stop
}

func checkShown(t *testing.T, seen string, phases ...string) {
	t.Helper()
	for _, phase := range phases {
		if !strings.Contains(seen, phase) {
			t.Errorf("kubectl get -w did not show %s:\n%s", phase, seen)
		}
	}
}

// quota bounds how many Calls a namespace may have.
func (e *environment) quota(t *testing.T) {
	tm := e.newTeam(t, "quota")
	tm.apply(t, tm.namespace, `
apiVersion: v1
kind: ResourceQuota
metadata:
  name: calls
spec:
  hard:
    count/calls.call-operator.dev: "1"
`)
	tm.kubectl(t, "-n", tm.namespace, "wait", "--for=jsonpath={.status.hard}", "quota/calls", "--timeout=60s")
	name := tm.dial(t, number(22))
	tm.awaitPhase(t, name, v1alpha1.CallPhaseConnected)
	second := callManifest(nameOf(number(23)), number(23))
	eventually(t, func() error {
		command := tm.command("-n", tm.namespace, "create", "--dry-run=server", "-f", "-")
		command.Stdin = strings.NewReader(second)
		switch _, err := run(t.Context(), command); {
		case err == nil:
			return fmt.Errorf("a second Call is let in: the quota is not counted yet")
		case !strings.Contains(err.Error(), "exceeded quota: calls"):
			return err
		}
		return nil
	})
	tm.leave(t)
	if got := e.rings(t, number(23)); got != 0 {
		t.Errorf("the phone of the refused Call rang %d times", got)
	}
}

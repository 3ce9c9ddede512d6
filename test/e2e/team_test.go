// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

const (
	simulatorURL = "http://acs-simulator." + systemNamespace + ".svc"
	receiverURL  = "http://call-operator-webhookreceiver." + systemNamespace + ".svc"

	// wellKnownKey is the access key in config/components/simulator.
	wellKnownKey = "d2VsbC1rbm93biBrZXkgb2YgdGhlIHNpbXVsYXRvcg=="

	// callerID is the number that teams call from.
	callerID = "+14255550100"
)

// team is a namespace with a provider.
type team struct {
	*environment
	namespace string
}

// newTeam makes a namespace with a provider that reaches the simulator, and waits until the provider is Ready.
func (e *environment) newTeam(t *testing.T, namespace string) *team {
	t.Helper()
	return e.newTeamCalledBackAt(t, namespace, receiverURL)
}

func (e *environment) newTeamCalledBackAt(t *testing.T, namespace, callbackURL string) *team {
	t.Helper()
	e.kubectl(t, "create", "namespace", namespace)
	team := &team{environment: e, namespace: namespace}
	team.connectWith(t, wellKnownKey)
	e.apply(t, namespace, fmt.Sprintf(`
apiVersion: call-operator.dev/v1alpha1
kind: CallProvider
metadata:
  name: acs
spec:
  acs:
    connectionStringSecretRef:
      name: acs-connection
    resourceID: %s
  callbackURL: %s
  numbers:
  - phoneNumber: %q
    maxConcurrentCalls: 20
`, simulator.DefaultResourceID, callbackURL, callerID))
	team.kubectl(t, "-n", namespace, "wait", "--for=condition=Ready", "cprov/acs", "--timeout=60s")
	return team
}

// connectWith writes the Secret with the connection string.
func (tm *team) connectWith(t *testing.T, accessKey string) {
	t.Helper()
	tm.apply(t, tm.namespace, fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: acs-connection
stringData:
  connectionString: endpoint=%s/;accesskey=%s
`, simulatorURL, accessKey))
}

// dial applies a Call to a number, which is its name too.
func (tm *team) dial(t *testing.T, number string) (name string) {
	t.Helper()
	name = nameOf(number)
	tm.apply(t, tm.namespace, callManifest(name, number))
	return name
}

func nameOf(number string) string { return "call-" + strings.TrimPrefix(number, "+") }

func callManifest(name, number string) string {
	return fmt.Sprintf(`
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata:
  name: %s
spec:
  providerRef:
    name: acs
  from:
    phoneNumber: %q
  to:
    phoneNumber: %q
`, name, callerID, number)
}

func (tm *team) get(t *testing.T, name string) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	eventually(t, func() error {
		return tm.Get(t.Context(), types.NamespacedName{Namespace: tm.namespace, Name: name}, call)
	})
	return call
}

// awaitPhase waits until a Call is in a phase. A Call that has ended is in no other any more.
func (tm *team) awaitPhase(t *testing.T, name string, want v1alpha1.CallPhase) *v1alpha1.Call {
	t.Helper()
	call := &v1alpha1.Call{}
	eventually(t, func() error {
		if err := tm.Get(t.Context(), types.NamespacedName{Namespace: tm.namespace, Name: name}, call); err != nil {
			return err
		}
		if call.Status.Phase == v1alpha1.CallPhaseEnded && want != v1alpha1.CallPhaseEnded {
			t.Fatalf("%s ended with %+v, want it %s", name, call.Status.Result, want)
		}
		if call.Status.Phase != want {
			return fmt.Errorf("%s is %s, want %s", name, call.Status.Phase, want)
		}
		return nil
	})
	return call
}

// endedAs waits until a Call has ended, and fails unless the outcome is this one.
func (tm *team) endedAs(t *testing.T, name string, want v1alpha1.CallOutcome) {
	t.Helper()
	call := tm.awaitPhase(t, name, v1alpha1.CallPhaseEnded)
	if call.Status.Result == nil || call.Status.Result.Outcome != want {
		t.Errorf("%s ended with %+v, want %s", name, call.Status.Result, want)
	}
}

// leave deletes the team's Calls, waits until they are gone, and removes the namespace.
func (tm *team) leave(t *testing.T) {
	t.Helper()
	tm.kubectl(t, "-n", tm.namespace, "delete", "pmove,calls", "--all", "--timeout=120s")
	tm.kubectl(t, "delete", "namespace", tm.namespace, "--timeout=120s")
}

// number is a fictional phone number, of those that a test may use once.
func number(n int) string { return fmt.Sprintf("+442079460%03d", n) }

func after(d time.Duration) *simulator.After { return &simulator.After{After: simulator.Duration(d)} }

// talkative answers after a time and stays.
func talkative(number string, answersAfter time.Duration) simulator.Phone {
	return simulator.Phone{Number: number, Answer: after(answersAfter)}
}

// brief answers after a time, and hangs up after another.
func brief(number string, answersAfter, hangsUpAfter time.Duration) simulator.Phone {
	return simulator.Phone{Number: number, Answer: after(answersAfter), HangUp: after(hangsUpAfter)}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/harness"
)

// administrator is kubectl for one test.
func administrator(t *testing.T) *harness.Kubectl {
	t.Helper()
	return plane.KubectlAs(t, "administrator", "system:masters")
}

// kubectl runs kubectl in a namespace and returns what it prints.
func kubectl(t *testing.T, namespace, input string, arguments ...string) string {
	t.Helper()
	return administrator(t).Run(t, input, append([]string{"--namespace", namespace}, arguments...)...)
}

func TestGetTelephony(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	create(t, ns, "a-call", numberToNumber, nil)
	provider := object(t, "CallProvider", "a-provider", and(""))
	provider.SetNamespace(ns)
	if err := plane.Client.Create(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{"telephony", "a-call"}, {"telephony", "a-provider"}, {"cprov", "a-provider"}, {"calls", "a-call"}} {
		if said := kubectl(t, ns, "", "get", words[0]); !strings.Contains(said, words[1]) {
			t.Errorf("kubectl get %s does not list %s:\n%s", words[0], words[1], said)
		}
	}
}

// TestWait: kubectl wait returns when a condition is true, with no plug-in.
func TestWait(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	create(t, ns, "connected", numberToNumber, life(intended(), answered()))
	create(t, ns, "ended", numberToNumber, life(intended(), over(486, 560486)))
	create(t, ns, "later", numberToNumber, nil)
	for _, words := range []string{
		"call/connected --for=condition=Connected", "call/connected --for=condition=Ready", "call/ended --for=condition=Ended",
		"call/ended --for=condition=Stalled", "call/ended --for=condition=Connected=false", "call/ended --for=jsonpath={.status.result.outcome}=Busy",
	} {
		kubectl(t, ns, "", append([]string{"wait", "--timeout=60s"}, strings.Fields(words)...)...)
	}
	waits := administrator(t).Command(t, "", "--namespace", ns, "wait", "--timeout=60s", "--for=condition=Connected", "call/later")
	if err := waits.Start(); err != nil {
		t.Fatal(err)
	}
	call := &v1alpha1.Call{}
	if err := plane.Client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "later"}, call); err != nil {
		t.Fatal(err)
	}
	call.Status = *life(intended(), answered())
	if err := plane.Client.Status().Update(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if err := waits.Wait(); err != nil {
		t.Errorf("kubectl wait for a call that is answered later: %v", err)
	}
}

// TestApplyTwice: applying a file again changes nothing: no default or normalisation of the API server differs from the
// file.
func TestApplyTwice(t *testing.T) {
	t.Parallel()
	const manifests = `
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata: {name: c}
spec:
  providerRef: {name: acs}
  from: {phoneNumber: "+14255550100"}
  to: {phoneNumber: "+14255550123"}
  ringTimeout: 90s
  maxDuration: 1.5h
---
apiVersion: call-operator.dev/v1alpha1
kind: CallProvider
metadata: {name: p}
spec:
  callbackURL: https://calls.example.com
  acs: {connectionStringSecretRef: {name: acs-connection}}
  numbers: [{phoneNumber: "+14255550100"}]
`
	for name, arguments := range map[string][]string{"clientSide": nil, "serverSide": {"--server-side"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ns := namespace(t)
			apply := append([]string{"apply", "-f", "-"}, arguments...)
			versions := func() string {
				return kubectl(t, ns, "", "get", "telephony", "-o", "jsonpath={range .items[*]}{.kind}={.metadata.resourceVersion} {end}")
			}
			kubectl(t, ns, manifests, apply...)
			look(t, ns)
			before := versions()
			said := kubectl(t, ns, manifests, apply...)
			if name == "clientSide" && strings.Count(said, " unchanged") != 2 {
				t.Errorf("applied again, kubectl says:\n%s", said)
			}
			if after := versions(); after != before || strings.Count(after, "=") != 2 {
				t.Errorf("applied again, something was written: %s, then %s", before, after)
			}
		})
	}
}

// look writes the statuses that the operator writes when it sees an object first. Until then the API server itself
// stores, with the next write, the default status that it had shown.
func look(t *testing.T, namespace string) {
	t.Helper()
	call := &v1alpha1.Call{}
	if err := plane.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "c"}, call); err != nil {
		t.Fatal(err)
	}
	call.Status = *life()
	provider := &v1alpha1.CallProvider{}
	if err := plane.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "p"}, provider); err != nil {
		t.Fatal(err)
	}
	provider.Status.ObservedGeneration = provider.Generation
	for _, seen := range []client.Object{call, provider} {
		if err := plane.Client.Status().Update(t.Context(), seen); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Glob(filepath.Join(devcontrolplane.Root(), "config", "samples", "*", "kustomization.yaml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("there are no samples: %v", err)
	}
	for _, sample := range samples {
		dir := filepath.Dir(sample)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			said := kubectl(t, namespace(t), "", "apply", "--dry-run=server", "--validate=strict", "-k", dir)
			for line := range strings.Lines(said) {
				if !strings.Contains(line, "created (server dry run)") {
					t.Errorf("kubectl says: %s", line)
				}
			}
			if !strings.Contains(said, "call-operator.dev/") {
				t.Errorf("nothing of ours is in the sample: %s", said)
			}
		})
	}
}

// TestNamesInKubectl: the names by which people call the kinds.
func TestNamesInKubectl(t *testing.T) {
	t.Parallel()
	listed := kubectl(t, "default", "", "api-resources", "--categories=telephony", "--no-headers")
	for _, want := range []string{"callroutes croute", "participantmoves pmove"} {
		if !strings.Contains(strings.Join(strings.Fields(listed), " "), want+" call-operator.dev/v1alpha1 true") {
			t.Errorf("kubectl get telephony lists no %s:\n%s", want, listed)
		}
	}
}

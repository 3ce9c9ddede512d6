// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/simulator"
)

// multipleDialOut applies the sample unchanged except for the addresses: incoming calls are routed, two calls are
// redirected to people, and those who answer are moved into the conference.
func (e *environment) multipleDialOut(t *testing.T) {
	tm := &team{environment: e, namespace: "multiple-dial-out"}
	e.kubectl(t, "create", "namespace", tm.namespace)
	tm.connectWith(t, wellKnownKey)
	e.phones(t, samplePhones(t)...)
	overlay := e.kustomize(t, fmt.Sprintf(`
namespace: %s
resources: ["%%%s%%"]
patches:
- target: {kind: CallProvider}
  patch: |-
    - {op: replace, path: /spec/callbackURL, value: "%s"}
    - {op: add, path: /metadata/labels, value: {apply: first}}
`, tm.namespace, config("samples", "multiple-dial-out"), receiverURL))
	e.kubectl(t, "apply", "-k", overlay, "-l", "apply=first")
	e.subscribe(t, tm.namespace)
	e.kubectl(t, "apply", "-k", overlay)

	e.kubectl(t, "-n", tm.namespace, "wait", "--for=condition=Ready", "pmove", "--all", "--timeout=120s")
	e.kubectl(t, "-n", tm.namespace, "wait", "--for=jsonpath={.status.participantCount}=4", "calls", "-l", "call=conference", "--timeout=60s")
	for _, phone := range samplePhones(t) {
		if got := e.ringsOf(t, phone.User); got != 1 {
			t.Errorf("%s rang %d times, want once", phone.User, got)
		}
	}
	// Applied again, nothing rings again.
	e.kubectl(t, "apply", "-k", overlay)
	e.kubectl(t, "apply", "--server-side", "--force-conflicts", "-k", overlay)
	tm.leave(t)
	if live := e.liveCalls(t); len(live) > 0 {
		t.Errorf("calls live on: %+v", live)
	}
	for _, phone := range samplePhones(t) {
		if got := e.ringsOf(t, phone.User); got != 1 {
			t.Errorf("%s rang %d times after the sample was applied again, want once", phone.User, got)
		}
	}
}

// subscribe has the simulator's Event Grid tell the team's provider of incoming calls, as a person would do it.
func (e *environment) subscribe(t *testing.T, namespace string) {
	t.Helper()
	url := strings.TrimSpace(e.kubectl(t, "call", "event-grid-url", "acs", "-n", namespace))
	agreed := func(entry simulator.Entry) bool {
		return entry.Kind == simulator.EntrySubscription && entry.Status == http.StatusOK
	}
	before := len(e.journal(t))
	e.admin(t, http.MethodPut, "/subscriptions", map[string]string{"url": url}, nil)
	eventually(t, func() error {
		if !slices.ContainsFunc(e.journal(t)[before:], agreed) {
			return errors.New("the receiver did not agree to receive incoming calls")
		}
		return nil
	})
}

// samplePhones are who answers in the sample.
func samplePhones(t *testing.T) []simulator.Phone {
	t.Helper()
	file, err := os.ReadFile(config("samples", "multiple-dial-out", "phones.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	phones, err := simulator.ParsePhones(file)
	if err != nil {
		t.Fatal(err)
	}
	return phones
}

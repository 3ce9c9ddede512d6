// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/selfsigned"
	"github.com/call-operator/call-operator/internal/useractions"
)

const dashboardHost = "call-operator-dashboard." + systemNamespace + ".svc"

// dashboard signs a user in to the dashboard in its pod, and places a call with the permissions of the user's own token.
func (e *environment) dashboard(t *testing.T) {
	certificate := newCertificate(t, dashboardHost)
	e.writeCertificate(t, "call-operator-dashboard-tls", certificate)
	e.kubectl(t, "apply", "-k", config("dashboard"))
	e.awaitRollout(t, "deployment/call-operator-dashboard")
	for _, pod := range e.podsOf(t, "dashboard") {
		checkConfined(t, &pod)
		if ptr.Deref(pod.Spec.AutomountServiceAccountToken, true) {
			t.Errorf("%s has a token of its own", pod.Name)
		}
	}
	tm := e.newTeam(t, "dashboard")
	for account, role := range map[string]string{"ada": "call-operator-dialler", "ben": "call-operator-view"} {
		tm.kubectl(t, "-n", tm.namespace, "create", "serviceaccount", account)
		tm.kubectl(t, "-n", tm.namespace, "create", "rolebinding", account, "--clusterrole="+role, "--serviceaccount="+tm.namespace+":"+account)
	}
	page := e.openDashboard(t, certificate)
	order := useractions.DialRequest{Namespace: tm.namespace, Name: "from-the-page", Provider: "acs", From: callerID, To: number(37)}
	cases := []struct {
		name, reason, token string
		code                int
		says                string
	}{
		{"nobody", "the dashboard itself has no permissions", "", http.StatusUnauthorized, ""},
		{"a forged token", "the API server knows whose a token is", "forged", http.StatusUnauthorized, ""},
		{"who may only look", "the API server says who may", tm.tokenOf(t, "ben"), http.StatusForbidden, "cannot create resource"},
		{"who may dial", "a person's token is all that is needed", tm.tokenOf(t, "ada"), http.StatusOK, "on its way"},
	}
	for _, c := range cases {
		code, says := page.dial(t, c.token, order)
		if code != c.code || !strings.Contains(says, c.says) {
			t.Errorf("%s: %s: it answered %d %s, want %d and %q", c.name, c.reason, code, says, c.code, c.says)
		}
	}
	tm.awaitPhase(t, order.Name, v1alpha1.CallPhaseConnected)
	tm.leave(t)
	e.kubectl(t, "delete", "-k", config("dashboard"))
}

// tokenOf is a token of a service account of the team, as people get one.
func (tm *team) tokenOf(t *testing.T, account string) string {
	t.Helper()
	return strings.TrimSpace(tm.kubectl(t, "-n", tm.namespace, "create", "token", account))
}

// dashboardPage is the way to the dashboard.
type dashboardPage struct {
	base   string
	client *http.Client
}

// openDashboard leads to the dashboard, as the documentation says, for as long as the test runs.
func (e *environment) openDashboard(t *testing.T, served selfsigned.Pair) *dashboardPage {
	t.Helper()
	forward := e.command("-n", systemNamespace, "port-forward", "service/call-operator-dashboard", ":443", "--address=127.0.0.1")
	address, err := startForwarding(forward)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = forward.Process.Kill()
		_ = forward.Wait()
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(served.Certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: dashboardHost}}
	t.Cleanup(transport.CloseIdleConnections)
	return &dashboardPage{base: "https://" + address, client: &http.Client{Transport: transport, Timeout: patience}}
}

// dial asks for a call, and returns what is answered.
func (p *dashboardPage) dial(t *testing.T, token string, order useractions.DialRequest) (code int, says string) {
	t.Helper()
	body, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.base+"/api/dial", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := p.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

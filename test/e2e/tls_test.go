// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/selfsigned"
)

const (
	tlsSecret    = "call-operator-tls"
	receiverHost = "call-operator-webhookreceiver." + systemNamespace + ".svc"
)

func newCertificate(t *testing.T, host string) selfsigned.Pair {
	t.Helper()
	pair, err := selfsigned.New(host, time.Hour, host)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// tlsRotated has the receiver end TLS itself, and its certificate renewed while a call lives. Nothing is restarted.
func (e *environment) tlsRotated(t *testing.T) {
	first, second := newCertificate(t, receiverHost), newCertificate(t, receiverHost)
	e.writeCertificate(t, tlsSecret, first)
	e.kubectl(t, "-n", systemNamespace, "create", "configmap", "receiver-roots", "--from-literal=roots.pem="+string(first.Certificate)+string(second.Certificate))
	e.kubectl(t, "apply", "-k", e.kustomize(t, fmt.Sprintf(`
resources: ["%%%s%%"]
components: ["%%%s%%"]
patches:
- target: {kind: Deployment, name: acs-simulator}
  patch: |-
    - {op: add, path: /spec/template/spec/containers/0/env, value: [{name: SSL_CERT_FILE, value: /roots/roots.pem}]}
    - {op: add, path: /spec/template/spec/containers/0/volumeMounts, value: [{name: roots, mountPath: /roots}]}
    - {op: add, path: /spec/template/spec/volumes, value: [{name: roots, configMap: {name: receiver-roots}}]}
`, config("simulator"), config("components", "tls"))))
	e.awaitRollout(t, append(deployments, "deployment/acs-simulator")...)
	tm := e.newTeamCalledBackAt(t, "tls", "https://"+receiverHost)
	live := tm.dial(t, number(35))
	tm.awaitPhase(t, live, v1alpha1.CallPhaseConnected)
	restarts := e.restartsOf(t, "webhookreceiver")

	e.writeCertificate(t, tlsSecret, second)
	for _, pod := range e.podsOf(t, "webhookreceiver") {
		eventually(t, func() error { return e.serves(t, pod.Name, second) })
	}
	later := tm.dial(t, number(36))
	tm.awaitPhase(t, later, v1alpha1.CallPhaseConnected)
	if got := e.restartsOf(t, "webhookreceiver"); got != restarts {
		t.Errorf("receivers were restarted: %s, before %s", got, restarts)
	}
	e.rangOnce(t, number(35), number(36))
	tm.leave(t)

	e.install(t)
	e.awaitRollout(t, append(deployments, "deployment/acs-simulator")...)
}

// writeCertificate writes the Secret with a certificate that is served.
func (e *environment) writeCertificate(t *testing.T, secretName string, c selfsigned.Pair) {
	t.Helper()
	certFile, keyFile := filepath.Join(e.dir, "tls.crt"), filepath.Join(e.dir, "tls.key")
	for file, text := range map[string][]byte{certFile: c.Certificate, keyFile: c.Key} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := e.kubectl(t, "-n", systemNamespace, "create", "secret", "tls", secretName, "--cert="+certFile, "--key="+keyFile, "--dry-run=client", "-o", "yaml")
	e.apply(t, systemNamespace, secret)
}

// restartsOf are the names of a component's pods with their restarts.
func (e *environment) restartsOf(t *testing.T, component string) string {
	t.Helper()
	var all []string
	for _, pod := range e.podsOf(t, component) {
		all = append(all, fmt.Sprint(pod.Name, " ", pod.Status.ContainerStatuses[0].RestartCount))
	}
	return strings.Join(all, ", ")
}

var forwarding = regexp.MustCompile(`Forwarding from (127\.0\.0\.1:\d+) `)

// serves returns nil when a receiver answers with this certificate.
func (e *environment) serves(t *testing.T, pod string, want selfsigned.Pair) error {
	t.Helper()
	forward := e.command("-n", systemNamespace, "port-forward", "pod/"+pod, ":8080", "--address=127.0.0.1")
	address, err := startForwarding(forward)
	if err != nil {
		return err
	}
	defer func() {
		_ = forward.Process.Kill()
		_ = forward.Wait()
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(want.Certificate)
	dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: receiverHost}}
	connection, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return fmt.Errorf("%s does not serve the certificate that is wanted: %w", pod, err)
	}
	return connection.Close()
}

// startForwarding starts kubectl port-forward, and returns where it listens.
func startForwarding(forward *exec.Cmd) (string, error) {
	out, err := forward.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := forward.Start(); err != nil {
		return "", err
	}
	var said bytes.Buffer
	buffer := make([]byte, 256)
	for {
		n, err := out.Read(buffer)
		said.Write(buffer[:n])
		if found := forwarding.FindSubmatch(said.Bytes()); found != nil {
			return string(found[1]), nil
		}
		if err != nil {
			_ = forward.Wait()
			return "", fmt.Errorf("kubectl port-forward said %q", said.String())
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package devstack runs all of call-operator on this machine: an API server, a simulated ACS, the webhook receiver and
// the manager, each as a separate process. The receiver and the manager have only the permissions of their service
// accounts.
package devstack

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/simulator"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

const (
	// stopPatience is how long a process may take to stop.
	stopPatience = 30 * time.Second

	// startPatience is how long a process may take to become ready.
	startPatience = 60 * time.Second

	systemNamespace = "call-operator-system"
)

// Names of the commands.
const (
	Simulator = "acs-simulator"
	Receiver  = "webhookreceiver"
	Manager   = "manager"
)

// Stack is everything that runs.
type Stack struct {
	// Plane is the API server, Kubeconfig the file that reaches it as administrator.
	Plane      *devcontrolplane.Plane
	Kubeconfig string
	// ConnectionString and SimulatorURL reach the simulator, ReceiverURL the receiver.
	ConnectionString string
	SimulatorURL     string
	ReceiverURL      string
	// NoSimulator leaves the simulator out: the providers lead to another service. Set it before StartProcesses.
	NoSimulator bool
	// Keys sign callback URLs, from StartProcesses on.
	Keys callbackurl.Keys
	// IncomingFor are the providers that receive incoming calls. Set it before StartProcesses.
	IncomingFor []types.NamespacedName
	// WatchNamespaces are where the receiver and the manager work; empty is everywhere. Set it before StartProcesses, or before Restart.
	WatchNamespaces string
	// MetricsURLs are where the receiver and the manager serve metrics.
	MetricsURLs map[string]string

	bin, dir  string
	running   map[string]*exec.Cmd
	processes []*exec.Cmd
	// flags are those of the receiver and the manager, and readyURLs answer once they are ready.
	flags     map[string][]string
	readyURLs map[string]string
}

// New prepares a Stack of the commands in a folder. Close removes what it makes.
func New(bin string) (*Stack, error) {
	dir, err := os.MkdirTemp("", "call-operator-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	return &Stack{
		bin: bin, dir: dir, Kubeconfig: filepath.Join(dir, "kubeconfig"), MetricsURLs: map[string]string{}, running: map[string]*exec.Cmd{},
		flags: map[string][]string{}, readyURLs: map[string]string{},
	}, nil
}

// Dir is a folder that is removed with the Stack.
func (s *Stack) Dir() string { return s.dir }

// PID is the process ID of a command that runs.
func (s *Stack) PID(command string) int { return s.running[command].Process.Pid }

// Close stops everything, the newest first, and removes it.
func (s *Stack) Close() error {
	var errs []error
	for _, process := range slices.Backward(s.processes) {
		errs = append(errs, stop(process))
	}
	if s.Plane != nil {
		errs = append(errs, s.Plane.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// stop ends a process in its own way, and by force when that takes too long.
func stop(process *exec.Cmd) error {
	_ = process.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(stopPatience, func() { _ = process.Process.Kill() })
	defer kill.Stop()
	err := process.Wait()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return fmt.Errorf("stop %s: %w", filepath.Base(process.Path), err)
	}
	return nil
}

// StartControlPlane starts etcd and kube-apiserver.
func (s *Stack) StartControlPlane() error {
	var err error
	if s.Plane, err = devcontrolplane.Start(false); err != nil {
		return err
	}
	return s.writeKubeconfig(s.Kubeconfig, "admin", "system:masters")
}

// Install applies the CRDs and the roles of config/.
func (s *Stack) Install(ctx context.Context) error {
	if err := s.Kubectl(ctx, io.Discard, "create", "namespace", systemNamespace); err != nil {
		return err
	}
	for _, part := range []string{"crd", "rbac"} {
		if err := s.Kubectl(ctx, io.Discard, "apply", "-k", filepath.Join(devcontrolplane.Root(), "config", part)); err != nil {
			return err
		}
	}
	return s.Kubectl(ctx, io.Discard, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
}

// StartProcesses starts the simulator, with further flags, unless it is left out, the receiver and the manager, and waits until
// they are ready.
func (s *Stack) StartProcesses(ctx context.Context, simulatorFlags ...string) error {
	free, err := FreeAddresses(6)
	if err != nil {
		return err
	}
	simulated, callbacks := free[0], free[1]
	receiverHealth, receiverMetrics, managerHealth, managerMetrics := free[2], free[3], free[4], free[5]
	s.SimulatorURL, s.ReceiverURL = "http://"+simulated, "http://"+callbacks
	s.MetricsURLs[Receiver], s.MetricsURLs[Manager] = "http://"+receiverMetrics+"/metrics", "http://"+managerMetrics+"/metrics"
	accessKey := NewKey()
	s.ConnectionString = "endpoint=" + s.SimulatorURL + "/;accesskey=" + accessKey
	keys := filepath.Join(s.dir, "callback-keys")
	subscriptions, err := s.writeKeys(keys)
	if err != nil {
		return err
	}
	s.readyURLs[Receiver], s.readyURLs[Manager] = "http://"+receiverHealth+"/readyz", "http://"+managerHealth+"/readyz"
	ready := []string{s.readyURLs[Receiver], s.readyURLs[Manager]}
	var trust []string
	if !s.NoSimulator {
		simulatorFlags = append(simulatorFlags, subscriptions...)
		if err := s.start(Simulator, append(simulatorFlags, "--listen="+simulated, "--access-key="+accessKey)...); err != nil {
			return err
		}
		trust = []string{"--acs-issuer=" + simulator.DefaultIssuer, "--acs-jwks-url=" + s.SimulatorURL + simulator.JWKSPath}
		ready = append(ready, s.SimulatorURL+"/_simulator/healthz")
	}
	s.flags[Receiver] = append(trust, "--listen="+callbacks, "--callback-key-file="+keys, "--metrics-bind-address="+receiverMetrics,
		"--health-probe-bind-address="+receiverHealth)
	s.flags[Manager] = []string{
		"--callback-key-file=" + keys, "--allow-http-endpoints", "--leader-elect=false", "--metrics-bind-address=" + managerMetrics,
		"--health-probe-bind-address=" + managerHealth,
	}
	for _, command := range []string{Receiver, Manager} {
		if err := s.startAs(command); err != nil {
			return err
		}
	}
	for _, url := range ready {
		if err := awaitReady(ctx, url); err != nil {
			return err
		}
	}
	return nil
}

// Restart stops the receiver or the manager, starts it again and waits until it is ready.
func (s *Stack) Restart(ctx context.Context, command string) error {
	process := s.running[command]
	s.processes = slices.DeleteFunc(s.processes, func(p *exec.Cmd) bool { return p == process })
	if err := stop(process); err != nil {
		return err
	}
	if err := s.startAs(command); err != nil {
		return err
	}
	return awaitReady(ctx, s.readyURLs[command])
}

// writeKeys writes the file with the callback keys, and returns the simulator's flags for incoming calls.
func (s *Stack) writeKeys(file string) ([]string, error) {
	contents := []byte(NewKey() + "\n")
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		return nil, fmt.Errorf("write the callback keys: %w", err)
	}
	keys, err := callbackurl.ParseKeys(contents)
	if err != nil {
		return nil, err
	}
	s.Keys = keys
	var flags []string
	for _, provider := range s.IncomingFor {
		url, err := keys.EventGridURL(s.ReceiverURL, provider.Namespace, provider.Name)
		if err != nil {
			return nil, err
		}
		flags = append(flags, "--event-grid="+url)
	}
	return flags, nil
}

// NewKey is a random key, in base64.
func NewKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

// startAs starts the receiver or the manager with the rights of its service account.
func (s *Stack) startAs(command string) error {
	kubeconfig := filepath.Join(s.dir, command+".kubeconfig")
	err := s.writeKubeconfig(kubeconfig, "system:serviceaccount:"+systemNamespace+":call-operator-"+command,
		"system:serviceaccounts", "system:serviceaccounts:"+systemNamespace, "system:authenticated")
	if err != nil {
		return err
	}
	return s.start(command, append(slices.Clone(s.flags[command]), "--watch-namespaces="+s.WatchNamespaces, "--kubeconfig="+kubeconfig)...)
}

func (s *Stack) writeKubeconfig(file, user string, groups ...string) error {
	kubeconfig, err := s.Plane.Kubeconfig(user, groups...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, kubeconfig, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// start starts a command, whose output is added to a file.
func (s *Stack) start(command string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(s.dir, command+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", command, err)
	}
	defer func() { _ = log.Close() }()
	process := exec.Command(filepath.Join(s.bin, command), args...)
	process.Stdout, process.Stderr = log, log
	// An interrupt of the terminal is for the caller, which stops one after the other.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return fmt.Errorf("start %s: %w", command, err)
	}
	s.processes = append(s.processes, process)
	s.running[command] = process
	return nil
}

// ShowLogs writes the end of each log.
func (s *Stack) ShowLogs(out io.Writer) {
	const shown = 4 << 10
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			continue
		}
		_, _ = fmt.Fprintf(out, "--- %s\n%s\n", filepath.Base(log), bytes.TrimSpace(text[max(0, len(text)-shown):]))
	}
}

// Command returns a kubectl command that runs as the administrator.
func (s *Stack) Command(ctx context.Context, args ...string) *exec.Cmd {
	process := exec.CommandContext(ctx, filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), args...)
	process.Env = append(os.Environ(), "KUBECONFIG="+s.Kubeconfig, "KUBECACHEDIR="+filepath.Join(s.dir, "kubectl-cache"))
	return process
}

// Kubectl runs kubectl. What it says on standard error is in the error.
func (s *Stack) Kubectl(ctx context.Context, out io.Writer, args ...string) error {
	process := s.Command(ctx, args...)
	var problems bytes.Buffer
	process.Stdout, process.Stderr = out, &problems
	if err := process.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", args[0], err, bytes.TrimSpace(problems.Bytes()))
	}
	return nil
}

// FreeAddresses are unused loopback addresses. Their ports are below the ephemeral range, so that no outgoing connection
// takes one before its process listens.
func FreeAddresses(n int) ([]string, error) {
	const first, ports, tries = 20000, 10000, 100
	addresses := make([]string, 0, n)
	for range tries * n {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(first+mathrand.IntN(ports))))
		if err != nil {
			continue
		}
		// Closed when all are found, so that no two are the same.
		defer func() { _ = listener.Close() }()
		if addresses = append(addresses, listener.Addr().String()); len(addresses) == n {
			return addresses, nil
		}
	}
	return nil, fmt.Errorf("find %d free ports of 127.0.0.1 from %d to %d: too many are in use", n, first, first+ports-1)
}

// awaitReady waits until a URL answers 200.
func awaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w", url, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

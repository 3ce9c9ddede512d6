// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/call-operator/call-operator/internal/localplane"
	"github.com/call-operator/call-operator/simulator"
)

const (
	// stopPatience is how long a process may take to stop.
	stopPatience = 30 * time.Second

	// startPatience is how long a process may take to become ready.
	startPatience = 60 * time.Second

	systemNamespace = "call-operator-system"
)

// stage is everything that the demo runs.
type stage struct {
	bin   string
	dir   string
	plane *localplane.Plane
	// kubeconfig is the file that people use.
	kubeconfig string
	accessKey  string
	simulator  string
	receiver   string
	processes  []*exec.Cmd
}

func newStage(bin string) (*stage, error) {
	dir, err := os.MkdirTemp("", "call-operator-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	return &stage{bin: bin, dir: dir, kubeconfig: filepath.Join(dir, "kubeconfig"), accessKey: newKey()}, nil
}

// newKey is a random key, in base64.
func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

// close stops everything, the newest first, and removes it.
func (s *stage) close() error {
	var errs []error
	for i := len(s.processes) - 1; i >= 0; i-- {
		if err := stop(s.processes[i]); err != nil {
			errs = append(errs, err)
		}
	}
	if s.plane != nil {
		errs = append(errs, s.plane.Stop())
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

// build starts everything that the scenario needs.
func (s *stage) build(ctx context.Context) error {
	say("Starting etcd and kube-apiserver")
	var err error
	if s.plane, err = localplane.Start(false); err != nil {
		return err
	}
	if err := s.writeKubeconfig(s.kubeconfig, "demo", "system:masters"); err != nil {
		return err
	}
	fmt.Printf("From another terminal: export KUBECONFIG=%s\n", s.kubeconfig)
	say("Applying the CRDs and the roles of config/")
	if err := s.install(ctx); err != nil {
		return err
	}
	say("Starting acs-simulator, webhookreceiver and manager")
	return s.startAll(ctx)
}

func (s *stage) install(ctx context.Context) error {
	if err := s.kubectl(ctx, "create", "namespace", systemNamespace); err != nil {
		return err
	}
	for _, part := range []string{"crd", "rbac"} {
		if err := s.kubectlQuietly(ctx, "apply", "-k", filepath.Join(localplane.Root(), "config", part)); err != nil {
			return err
		}
	}
	return s.kubectlQuietly(ctx, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
}

// startAll starts the processes. Manager and receiver have no more than the rights of their service accounts.
func (s *stage) startAll(ctx context.Context) error {
	addresses, err := freeAddresses(4)
	if err != nil {
		return err
	}
	simulated, callbacks, managerHealth, receiverHealth := addresses[0], addresses[1], addresses[2], addresses[3]
	s.simulator, s.receiver = "http://"+simulated, "http://"+callbacks
	keys := filepath.Join(s.dir, "callback-keys")
	if err := os.WriteFile(keys, []byte(newKey()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the callback keys: %w", err)
	}
	if err := s.start("acs-simulator", "--listen="+simulated, "--access-key="+s.accessKey, "--owned-numbers=+14255550100",
		"--phones="+filepath.Join(samples(), "phones.yaml")); err != nil {
		return err
	}
	if err := s.startAs("webhookreceiver", "--listen="+callbacks, "--callback-key-file="+keys, "--acs-issuer="+simulator.DefaultIssuer,
		"--acs-jwks-url="+s.simulator+simulator.JWKSPath, "--metrics-bind-address=0", "--health-probe-bind-address="+receiverHealth); err != nil {
		return err
	}
	if err := s.startAs("manager", "--callback-key-file="+keys, "--allow-http-endpoints", "--metrics-bind-address=0",
		"--health-probe-bind-address="+managerHealth); err != nil {
		return err
	}
	for _, url := range []string{s.simulator + "/_simulator/healthz", "http://" + receiverHealth + "/readyz", "http://" + managerHealth + "/readyz"} {
		if err := awaitReady(ctx, url); err != nil {
			return err
		}
	}
	return nil
}

// startAs starts a command with the rights of its service account.
func (s *stage) startAs(command string, args ...string) error {
	kubeconfig := filepath.Join(s.dir, command+".kubeconfig")
	account := "call-operator-" + command
	err := s.writeKubeconfig(kubeconfig, "system:serviceaccount:"+systemNamespace+":"+account,
		"system:serviceaccounts", "system:serviceaccounts:"+systemNamespace, "system:authenticated")
	if err != nil {
		return err
	}
	return s.start(command, append(args, "--kubeconfig="+kubeconfig)...)
}

func (s *stage) writeKubeconfig(file, user string, groups ...string) error {
	kubeconfig, err := s.plane.Kubeconfig(user, groups...)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, kubeconfig, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// start starts a command, whose output goes to a file.
func (s *stage) start(command string, args ...string) error {
	log, err := os.Create(filepath.Join(s.dir, command+".log"))
	if err != nil {
		return fmt.Errorf("start %s: %w", command, err)
	}
	defer func() { _ = log.Close() }()
	process := exec.Command(filepath.Join(s.bin, command), args...)
	process.Stdout, process.Stderr = log, log
	// An interrupt of the terminal is for the demo, which stops one after the other.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return fmt.Errorf("start %s: %w", command, err)
	}
	s.processes = append(s.processes, process)
	return nil
}

// showLogs prints the end of each log.
func (s *stage) showLogs() {
	const shown = 4 << 10
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "--- %s\n%s\n", filepath.Base(log), bytes.TrimSpace(text[max(0, len(text)-shown):]))
	}
}

// freeAddresses are loopback addresses that nobody listens on.
func freeAddresses(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		// Closed when all are found, so that no two are the same.
		defer func() { _ = listener.Close() }()
		addresses[i] = listener.Addr().String()
	}
	return addresses, nil
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

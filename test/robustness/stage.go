// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/devstack"
)

const systemNamespace = "call-operator-system"

// stage is what all runs share: an API server with the CRDs and the roles.
type stage struct {
	bin, out string
	// ahead is a folder with commands whose clocks are ahead.
	ahead  string
	stack  *devstack.Stack
	client client.WithWatch
	// plain goes to ACS.
	plain http.RoundTripper

	mu    sync.Mutex
	roles map[string]role
}

// role is the way of a service account to the API server.
type role struct {
	target    *url.URL
	transport http.RoundTripper
}

func openStage(ctx context.Context, bin, out string) (*stage, error) {
	s := &stage{bin: bin, out: out, roles: map[string]role{}, plain: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	var err error
	if s.stack, err = devstack.New(bin); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stack.Close())
	}
	return s, nil
}

func (s *stage) start(ctx context.Context) error {
	if err := s.stack.StartControlPlane(); err != nil {
		return err
	}
	if err := s.stack.Install(ctx); err != nil {
		return err
	}
	scheme, err := controllers.Scheme()
	if err != nil {
		return err
	}
	s.client, err = client.NewWithWatch(s.stack.Plane.Config, client.Options{Scheme: scheme})
	return err
}

// clockAhead is by how much the clocks of two machines differ where they differ. It is longer than anything that a run waits
// for, but for the faults to be removed.
const clockAhead = 20 * time.Second

// buildAhead builds the manager and the receiver with clocks that are ahead.
func (s *stage) buildAhead(ctx context.Context) error {
	s.ahead = filepath.Join(s.stack.Dir(), "ahead")
	if err := os.Mkdir(s.ahead, 0o700); err != nil {
		return err
	}
	const variable = "github.com/call-operator/call-operator/internal/clock.ahead"
	build := exec.CommandContext(ctx, "go", "build", "-o", s.ahead, "-ldflags", fmt.Sprintf("-X %s=%s", variable, clockAhead),
		"./cmd/manager", "./cmd/webhookreceiver")
	build.Dir, build.Stderr = devcontrolplane.Root(), os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build commands whose clocks are ahead: %w", err)
	}
	return nil
}

func (s *stage) close() error { return s.stack.Close() }

// role is the way of a command's service account.
func (s *stage) role(command string) (role, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.roles[command]; ok {
		return known, nil
	}
	kubeconfig, err := s.stack.Plane.Kubeconfig("system:serviceaccount:"+systemNamespace+":call-operator-"+command,
		"system:serviceaccounts", "system:serviceaccounts:"+systemNamespace, "system:authenticated")
	if err != nil {
		return role{}, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return role{}, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return role{}, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return role{}, err
	}
	s.roles[command] = role{target, transport}
	return s.roles[command], nil
}

// current is the newest resource version of the API server.
func (s *stage) current(ctx context.Context) (uint64, error) {
	var routes v1alpha1.CallRouteList
	if err := s.client.List(ctx, &routes, client.InNamespace("default"), client.Limit(1)); err != nil {
		return 0, fmt.Errorf("ask for the newest version: %w", err)
	}
	return strconv.ParseUint(routes.ResourceVersion, 10, 64)
}

// folderOf makes the folder of failures.
func folderOf(out string) (string, error) {
	if out != "" {
		return out, os.MkdirAll(out, 0o700)
	}
	return os.MkdirTemp("", "call-operator-failures-")
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package devcontrolplane runs a real Kubernetes API server on this machine, for tests, benchmarks and the demo. Its data is
// discarded when it stops.
package devcontrolplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// startPatience is how long etcd and kube-apiserver may take to start. They take seconds, but longer on a machine that also
	// compiles.
	startPatience = 3 * time.Minute

	// stopPatience is how long they may take to stop before they are killed.
	stopPatience = 30 * time.Second
)

// Plane is an API server and its etcd.
type Plane struct {
	// Config reaches the API server as its administrator, without a limit of requests.
	Config *rest.Config

	environment *envtest.Environment
	// users is held while a user is added: the certificate authority of envtest counts without a lock.
	users sync.Mutex
}

// Start starts kube-apiserver and etcd from the folder that KUBEBUILDER_ASSETS names, with the product's CRDs when
// they are asked for.
func Start(withCRDs bool) (*Plane, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: run this through make, which downloads kube-apiserver and etcd and sets it")
	}
	environment := &envtest.Environment{ControlPlaneStartTimeout: startPatience, ControlPlaneStopTimeout: stopPatience}
	if withCRDs {
		environment.CRDDirectoryPaths = []string{filepath.Join(Root(), "config", "crd", "bases")}
		environment.ErrorIfCRDPathMissing = true
	}
	// The data dies with the process, so nothing is gained by waiting for the disk at each write.
	etcd := &envtest.Etcd{}
	etcd.Configure().Append("unsafe-no-fsync", "true")
	environment.ControlPlane.Etcd = etcd
	config, err := environment.Start()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the control plane: %w", err), environment.Stop())
	}
	config.QPS = -1
	return &Plane{Config: config, environment: environment}, nil
}

// Stop stops the control plane and removes its data.
func (p *Plane) Stop() error {
	if err := p.environment.Stop(); err != nil {
		return fmt.Errorf("stop the control plane: %w", err)
	}
	return nil
}

// Kubeconfig returns a kubeconfig for a user of the given groups.
func (p *Plane) Kubeconfig(user string, groups ...string) ([]byte, error) {
	p.users.Lock()
	defer p.users.Unlock()
	added, err := p.environment.AddUser(envtest.User{Name: user, Groups: groups}, nil)
	if err != nil {
		return nil, fmt.Errorf("add the user %s: %w", user, err)
	}
	kubeconfig, err := added.KubeConfig()
	if err != nil {
		return nil, fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return kubeconfig, nil
}

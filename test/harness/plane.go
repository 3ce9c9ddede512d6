// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/call-operator/call-operator/controllers"
)

// Plane is a real API server with the CRDs in it, for all tests of a binary.
type Plane struct {
	// Config reaches the API server as its administrator.
	Config *rest.Config
	// Client reads and writes as a test does, without a cache.
	Client client.WithWatch

	environment *envtest.Environment
}

// Main runs a binary's tests with a Plane, which is stored where plane points before the first test and stopped after
// the last. It is the whole of a TestMain.
func Main(m *testing.M, plane **Plane) {
	os.Exit(runMain(m, plane))
}

func runMain(m *testing.M, plane **Plane) (code int) {
	ctrl.SetLogger(logr.Discard())
	started, err := StartPlane()
	if err != nil {
		fmt.Fprintln(os.Stderr, "harness:", err)
		return 1
	}
	defer func() {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "harness: stopping the control plane:", err)
			code = max(code, 1)
		}
	}()
	*plane = started
	return m.Run()
}

// StartPlane starts kube-apiserver and etcd from the folder that KUBEBUILDER_ASSETS names.
func StartPlane() (*Plane, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: run `make test`, which gets kube-apiserver and etcd and says where they are")
	}
	environment := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root(), "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	// The data dies with the test, so nothing is gained by waiting for the disk at each write.
	etcd := &envtest.Etcd{}
	etcd.Configure().Append("unsafe-no-fsync", "true")
	environment.ControlPlane.Etcd = etcd
	config, err := environment.Start()
	if err != nil {
		return nil, fmt.Errorf("start the control plane: %w", err)
	}
	config.QPS = -1
	plane := &Plane{Config: config, environment: environment}
	if plane.Client, err = newClient(config); err != nil {
		return nil, errors.Join(err, environment.Stop())
	}
	return plane, nil
}

// Stop stops the control plane and removes its data.
func (p *Plane) Stop() error { return p.environment.Stop() }

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

// root is the root of the repository.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

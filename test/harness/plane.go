// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// Plane is a real API server with the CRDs in it, for all tests of a binary.
type Plane struct {
	*devcontrolplane.Plane
	// Client reads and writes as a test does, without a cache.
	Client client.WithWatch
}

// Main runs a binary's tests with a Plane, which is stored where plane points before the first test and stopped after
// the last. It is the whole of a TestMain.
func Main(m *testing.M, plane **Plane) {
	os.Exit(runMain(m, plane))
}

func runMain(m *testing.M, plane **Plane) (code int) {
	ctrl.SetLogger(logTap.logger())
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

// starts is how often a control plane is started that does not get ready. envtest gives it so short a time that it may not,
// while several packages compile or start theirs.
const starts = 3

// StartPlane starts kube-apiserver and etcd from the folder that KUBEBUILDER_ASSETS names.
func StartPlane() (*Plane, error) {
	started, err := devcontrolplane.Start(true)
	for tries := 1; err != nil && tries < starts && os.Getenv("KUBEBUILDER_ASSETS") != ""; tries++ {
		fmt.Fprintf(os.Stderr, "harness: the control plane did not start, trying again: %v\n", err)
		started, err = devcontrolplane.Start(true)
	}
	if err != nil {
		return nil, err
	}
	plane := &Plane{Plane: started}
	if plane.Client, err = newClient(plane.Config); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	if err := plane.bindRoles(context.Background()); err != nil {
		return nil, errors.Join(err, plane.Stop())
	}
	return plane, nil
}

// newest is the newest resource version of the API server.
func (p *Plane) newest(ctx context.Context) (uint64, error) {
	var routes v1alpha1.CallRouteList
	if err := p.Client.List(ctx, &routes, client.InNamespace("default"), client.Limit(1)); err != nil {
		return 0, fmt.Errorf("ask for the newest version: %w", err)
	}
	return strconv.ParseUint(routes.ResourceVersion, 10, 64)
}

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme, err := controllers.Scheme()
	if err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

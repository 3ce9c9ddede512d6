// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// env is the cluster that all tests share.
var env *environment

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(runAll(m))
}

func runAll(m *testing.M) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	env, err = newEnvironment(ctx)
	defer func() {
		if env == nil {
			return
		}
		// An interrupted run leaves no cluster behind either.
		if err := env.close(context.WithoutCancel(ctx), code != 0); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			code = 1
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}

// TestEndToEnd is the life of one cluster.
func TestEndToEnd(t *testing.T) {
	e := env
	steps := []struct {
		name string
		run  func(*environment, *testing.T)
		// vital steps leave nothing to test behind when they fail.
		vital bool
	}{
		{name: "UpgradedWhileCallsLive", run: (*environment).upgradedWhileCallsLive, vital: true},
		{name: "Restricted", run: (*environment).restricted},
		{name: "Permissions", run: (*environment).permissions},
		{name: "Kubectl", run: (*environment).aPersonWithKubectl},
		{name: "MultipleDialOut", run: (*environment).multipleDialOut},
		{name: "Asterisk", run: (*environment).asterisk},
		{name: "Quota", run: (*environment).quota},
		{name: "Dashboard", run: (*environment).dashboard},
		{name: "Metrics", run: (*environment).metrics},
		{name: "ConnectionStringRotated", run: (*environment).connectionStringRotated},
		{name: "TLSRotated", run: (*environment).tlsRotated},
		{name: "ManagerKilledWhileAPhoneRings", run: (*environment).managerKilledWhileAPhoneRings},
		{name: "ManagerStoppedGracefully", run: (*environment).managerStoppedGracefully},
		{name: "ReceiversKilledUnderCallbacks", run: (*environment).receiversKilledUnderCallbacks},
		{name: "LeaseDeleted", run: (*environment).leaseDeleted},
		{name: "APIServerRestarted", run: (*environment).apiServerRestarted},
		{name: "UninstalledOperatorFirst", run: (*environment).uninstalledOperatorFirst, vital: true},
		{name: "Helm", run: (*environment).helm},
	}
	for _, step := range steps {
		passed := t.Run(step.name, func(t *testing.T) { step.run(e, t) })
		if !passed && step.vital {
			t.Fatalf("%s failed, and what follows stands on it", step.name)
		}
	}
}

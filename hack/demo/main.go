// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command demo runs all of call-operator on this machine: a Kubernetes API server, a simulated ACS, the manager, the
// webhook receiver and the dashboard. It applies the samples, shows their results, and leaves nothing behind. On a terminal
// it keeps running until it is interrupted, so that users can continue from there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/call-operator/call-operator/test/devstack"
)

func main() {
	keep := flag.Bool("keep", term.IsTerminal(int(os.Stdout.Fd())),
		"keep everything running after the scenarios, until interrupted; without it, that is what happens on a terminal")
	bin := flag.String("bin", "bin", "folder with the commands")
	service := flag.String("provider", "acs", "telephony service: acs is the simulator of Azure Communication Services, asterisk a real Asterisk with SIP phones")
	before := flag.String("stages", "", "file that says how long the stages before this took: seconds, a tab and a name a line")
	since := flag.Int64("since", time.Now().Unix(), "when the first of these stages began, in seconds of Unix time")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *service, *bin, *before, time.Unix(*since, 0), *keep)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted && *keep:
		// Asked for; ctrl-C reaches the processes of the demo too, whose ends are no failure then.
		fmt.Println("Everything is stopped and removed.")
	case interrupted:
		fmt.Println("Interrupted; everything is stopped and removed.")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, service, bin, before string, began time.Time, keep bool) (err error) {
	shown, err := programFor(service)
	if err != nil {
		return err
	}
	times, err := readStages(before, began)
	if err != nil {
		return err
	}
	stack, err := devstack.New(bin)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && ctx.Err() == nil {
			stack.ShowLogs(os.Stderr)
		}
		err = errors.Join(err, shown.close(), stack.Close())
	}()
	if err := start(ctx, stack, times, shown); err != nil {
		return err
	}
	address, stopDashboard, err := startDashboard(stack)
	if err != nil {
		return err
	}
	if keep {
		say("The dashboard is at %s", address)
	}
	defer func() { err = errors.Join(err, stopDashboard()) }()
	for _, scene := range shown.scenes() {
		if err := times.run(ctx, scene.name, func() error { return scene.play(ctx, stack) }); err != nil {
			return err
		}
	}
	say("How long it took:")
	if err := times.print(os.Stdout, time.Now()); err != nil {
		return err
	}
	if keep {
		say("Everything keeps running: press ctrl-C to stop it and remove it.")
		say("The dashboard is at %s", address)
		<-ctx.Done()
	}
	return nil
}

// start starts everything that the scenarios need, and applies their providers.
func start(ctx context.Context, stack *devstack.Stack, times *stages, shown program) error {
	err := times.run(ctx, "start etcd and kube-apiserver", func() error {
		say("Starting etcd and kube-apiserver")
		return stack.StartControlPlane()
	})
	if err != nil {
		return err
	}
	fmt.Printf("From another terminal: export KUBECONFIG=%s\n", stack.Kubeconfig)
	err = times.run(ctx, "apply the CRDs and the roles", func() error {
		say("Applying the CRDs and the roles of config/")
		return stack.Install(ctx)
	})
	if err != nil {
		return err
	}
	return times.run(ctx, "start the commands", func() error {
		return shown.start(ctx, stack)
	})
}

func say(format string, args ...any) { fmt.Printf("\n==> "+format+"\n", args...) }

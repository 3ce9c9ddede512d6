// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command demo runs the whole of call-operator on this machine: a Kubernetes API server, ACS simulated, the manager
// and the webhook receiver. It applies sample Calls, shows what becomes of them, and leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	keep := flag.Bool("keep", false, "keep everything running after the scenario, until interrupted")
	bin := flag.String("bin", "bin", "folder with the commands")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *bin, *keep)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted:
		fmt.Println("Interrupted; everything is stopped and removed.")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string, keep bool) (err error) {
	s, err := newStage(bin)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil && ctx.Err() == nil {
			s.showLogs()
		}
		err = errors.Join(err, s.close())
	}()
	if err := s.build(ctx); err != nil {
		return err
	}
	if err := s.perform(ctx); err != nil {
		return err
	}
	if keep {
		say("Everything keeps running: press ctrl-C to stop it and remove it.")
		<-ctx.Done()
	}
	return nil
}

func say(format string, args ...any) { fmt.Printf("\n==> "+format+"\n", args...) }

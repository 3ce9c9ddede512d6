// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"

	"github.com/call-operator/call-operator/dashboard"
)

func newDashboard(kube *kube) *cobra.Command {
	var port uint16
	var everywhere bool
	command := &cobra.Command{
		Use:   "dashboard",
		Short: "Serve a live page of the calls on this machine",
		Long: `Serve a live page of the calls, to place, answer, move and hang up with.

The page is served on the loopback address only, to whoever has the address that is printed: it holds a key that is made
anew each time. What is done there is done with your own kubeconfig, and so with your own rights.`,
		Example: `  # The calls of the current namespace
  kubectl call dashboard

  # Those of all namespaces, on a port that stays the same
  kubectl call dashboard -A --port 8070`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			config, namespace, err := kube.config()
			if err != nil {
				return err
			}
			if everywhere {
				namespace = ""
			}
			listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
			if err != nil {
				return fmt.Errorf("listening on this machine: %w (choose another --port)", err)
			}
			owner := dashboard.NewOwner(config)
			return serveDashboard(command, listener, dashboard.Options{
				People: owner, Namespace: namespace, Log: logr.Discard(), Hosts: loopbackNames(listener),
			}, fmt.Sprintf("http://%s/#token=%s", listener.Addr(), owner.Token()))
		},
	}
	command.Flags().Uint16Var(&port, "port", 0, "Port to listen on; 0 is any that is free.")
	command.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "Show the calls of all namespaces.")
	return command
}

// loopbackNames are the names under which a browser on this machine reaches a listener.
func loopbackNames(listener net.Listener) []string {
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("localhost", port)}
}

func serveDashboard(command *cobra.Command, listener net.Listener, options dashboard.Options, address string) error {
	server, err := dashboard.New(options)
	if err != nil {
		return err
	}
	web := dashboard.HTTPServer(server)
	if _, err := fmt.Fprintf(command.OutOrStdout(), "The dashboard is at %s\nPress ctrl-C to stop it.\n", address); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	unregister := context.AfterFunc(command.Context(), func() { stopped <- dashboard.Stop(web, server) })
	defer unregister()
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

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
			local, err := dashboard.NewLocal(config, namespace, port)
			if err != nil {
				return fmt.Errorf("%w (choose another --port)", err)
			}
			if _, err := fmt.Fprintf(command.OutOrStdout(), "The dashboard is at %s\nPress ctrl-C to stop it.\n", local.Address); err != nil {
				return err
			}
			return local.Serve(command.Context())
		},
	}
	command.Flags().Uint16Var(&port, "port", 0, "Port to listen on; 0 is any that is free.")
	command.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "Show the calls of all namespaces.")
	return command
}

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
		Long: `Serve a live page of the calls, on which you can place, answer, move and hang up calls.

The page is served only on the loopback address. Its address, which this command prints, contains a new key each time.
Every action on the page uses your own kubeconfig, and so your own permissions.`,
		Example: `  # The calls of the current namespace
  kubectl call dashboard

  # The calls of all namespaces, on a fixed port
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
	command.Flags().Uint16Var(&port, "port", 0, "Port to listen on; 0 chooses a free port.")
	command.Flags().BoolVarP(&everywhere, "all-namespaces", "A", false, "Show the calls of all namespaces.")
	return command
}

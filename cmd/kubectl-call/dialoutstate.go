// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

func newSuspend(kube *kube) *cobra.Command {
	return suspending(kube, true, &cobra.Command{
		Use:   "suspend DIAL-OUT",
		Short: "Start no more calls of a dial-out",
		Long: `Start no more calls of a dial-out, until it is resumed. Calls that have not been dialled yet are ended and tried again later;
those that ring or are connected come to their own end.`,
		Example: "  kubectl call suspend reminders",
	})
}

func newResume(kube *kube) *cobra.Command {
	return suspending(kube, false, &cobra.Command{
		Use:     "resume DIAL-OUT",
		Short:   "Continue a dial-out that is suspended",
		Example: "  kubectl call resume reminders",
	})
}

func suspending(kube *kube, suspend bool, command *cobra.Command) *cobra.Command {
	var output output
	did := "continues"
	if suspend {
		did = "starts no more calls"
	}
	command.Args, command.PreRunE = cobra.ExactArgs(1), output.check
	command.ValidArgsFunction = dialOutNames(kube, func(dialOut *v1alpha1.DialOut) bool {
		return useractions.CannotSuspend(dialOut) == "" && dialOut.Spec.Suspend != suspend
	})
	command.RunE = func(command *cobra.Command, args []string) error {
		c, namespace, err := kube.connect()
		if err != nil {
			return err
		}
		ref := useractions.Ref{Namespace: namespace, Name: dialOutName(args[0])}
		dialOut, err := useractions.Client{Kube: c}.Suspend(command.Context(), ref, suspend)
		if err != nil {
			return explainAction(err)
		}
		return output.object(command.OutOrStdout(), dialOut, "dialout", did)
	}
	output.bind(command.Flags())
	return command
}

// dialOutNames completes the names of DialOuts for which an action is possible.
func dialOutNames(kube *kube, wanted func(*v1alpha1.DialOut) bool) completer {
	return func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, namespace, err := kube.connect()
		var dialOuts v1alpha1.DialOutList
		if err != nil || len(args) > 0 || c.List(command.Context(), &dialOuts, client.InNamespace(namespace)) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for i := range dialOuts.Items {
			if wanted(&dialOuts.Items[i]) {
				names = append(names, dialOuts.Items[i].Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// completionName is the command that kubectl runs to complete "kubectl call".
const completionName = "kubectl_complete-call"

// asCompletion are the arguments with which this command answers kubectl.
func asCompletion(args []string) []string {
	return append([]string{cobra.ShellCompRequestCmd}, args...)
}

type completer = func(command *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// callNames completes the names of Calls for which an action is possible.
func callNames(kube *kube, wanted func(*v1alpha1.Call) bool) completer {
	return func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, namespace, err := kube.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		calls, err := listCalls(command.Context(), c, namespace, "")
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for i := range calls {
			if wanted(&calls[i]) && !contains(args, calls[i].Name) {
				names = append(names, calls[i].Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

func contains(args []string, name string) bool {
	for _, arg := range args {
		if callName(arg) == name {
			return true
		}
	}
	return false
}

// complete completes a flag with names that are in the cluster.
func complete(command *cobra.Command, kube *kube, flag string, names func(context.Context, client.Client, string) []string) {
	err := command.RegisterFlagCompletionFunc(flag, func(command *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, namespace, err := kube.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(command.Context(), c, namespace), cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // the flag does not exist: a bug in this program
	}
}

func providerNames(ctx context.Context, c client.Client, namespace string) []string {
	var providers v1alpha1.CallProviderList
	if err := c.List(ctx, &providers, client.InNamespace(namespace)); err != nil {
		return nil
	}
	var names []string
	for i := range providers.Items {
		names = append(names, providers.Items[i].Name)
	}
	return names
}

func listFlowNames(ctx context.Context, c client.Client, namespace string) []string {
	var flows v1alpha1.CallFlowList
	if err := c.List(ctx, &flows, client.InNamespace(namespace)); err != nil {
		return nil
	}
	var names []string
	for i := range flows.Items {
		names = append(names, flows.Items[i].Name)
	}
	return names
}

// callName is the name of a Call as people write it: alone, or as kubectl prints it.
func callName(arg string) string {
	for _, prefix := range []string{"call." + v1alpha1.GroupVersion.Group + "/", "calls/", "call/"} {
		if name, found := strings.CutPrefix(arg, prefix); found {
			return name
		}
	}
	return arg
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callflow"
)

func newFlow(kube *kube) *cobra.Command {
	command := &cobra.Command{
		Use:   "flow",
		Short: "Draw and check CallFlows",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(newFlowRender(kube), newFlowCheck())
	return command
}

func newFlowRender(kube *kube) *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "render [NAME]",
		Short: "Draw a CallFlow as a Mermaid state diagram",
		Long: `Print a CallFlow as a state diagram in the language of Mermaid. GitHub, GitLab and many editors draw it.

With --filename it is a flow from a file, which is checked first and needs no cluster. NAME is needed only if the file has several.`,
		Example: `  # A flow in the current namespace
  kubectl call flow render appointment-reminder

  # A flow that is not applied yet
  kubectl call flow render -f reminder.yaml > reminder.mmd`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			name := strings.Join(args, "")
			if name == "" && file == "" {
				return errors.New("name a CallFlow, or a file with -f")
			}
			flow, err := flowToDraw(command, kube, name, file)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(command.OutOrStdout(), callflow.Mermaid(&flow.Spec))
			return err
		},
		ValidArgsFunction: func(command *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			c, namespace, err := kube.connect()
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return listFlowNames(command.Context(), c, namespace), cobra.ShellCompDirectiveNoFileComp
		},
	}
	bindFilename(command, &file)
	return command
}

// flowToDraw reads a flow from a file, which must have no problems, or from the cluster, where its problems are only printed.
func flowToDraw(command *cobra.Command, kube *kube, name, file string) (*v1alpha1.CallFlow, error) {
	if file != "" {
		flows, err := readFlows(command.InOrStdin(), file)
		if err != nil {
			return nil, err
		}
		flow, err := selectFlow(flows, name, file)
		if err != nil {
			return nil, err
		}
		return flow, problemsOf(flow)
	}
	c, namespace, err := kube.connect()
	if err != nil {
		return nil, err
	}
	flow, key := &v1alpha1.CallFlow{}, client.ObjectKey{Namespace: namespace, Name: strings.TrimPrefix(name, "callflow/")}
	if err := c.Get(command.Context(), key, flow); err != nil {
		return nil, explain(err, "CallFlow", key)
	}
	if problems := problemsOf(flow); problems != nil {
		_, _ = fmt.Fprintln(command.ErrOrStderr(), "warning:", problems)
	}
	return flow, nil
}

func newFlowCheck() *cobra.Command {
	var file string
	command := &cobra.Command{
		Use:   "check -f FILE",
		Short: "Check the CallFlows in a file",
		Long: `Check the CallFlows in a file, as the manager does when they are applied: unknown steps, steps that cannot be reached, ways without
an end, parameters that nobody gives. Unknown fields are errors. It needs no cluster, so that it can run before a change is merged.

What only the API server checks, such as the form of a phone number, is not checked: kubectl apply --dry-run=server does that.`,
		Example: "  kubectl call flow check -f reminder.yaml",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if file == "" {
				return errors.New("name a file with -f")
			}
			flows, err := readFlows(command.InOrStdin(), file)
			if err != nil {
				return err
			}
			var problems []error
			for _, flow := range flows {
				problem := problemsOf(flow)
				problems = append(problems, problem)
				if problem == nil {
					_, _ = fmt.Fprintf(command.OutOrStdout(), "callflow/%s has no problems\n", flow.Name)
				}
			}
			return errors.Join(problems...)
		},
	}
	bindFilename(command, &file)
	return command
}

func bindFilename(command *cobra.Command, file *string) {
	command.Flags().StringVarP(file, "filename", "f", "", "File with CallFlows, in YAML or JSON; - is the standard input. Objects of other kinds are skipped.")
}

// problemsOf says what is wrong with a flow, one problem a line; nil if nothing is.
func problemsOf(flow *v1alpha1.CallFlow) error {
	problems := callflow.Check(&flow.Spec)
	if len(problems) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("CallFlow %s cannot be run:", flow.Name)}
	for _, problem := range problems {
		lines = append(lines, fmt.Sprintf("  %s: %s", problem.Field, problem.Message))
	}
	return errors.New(strings.Join(lines, "\n"))
}

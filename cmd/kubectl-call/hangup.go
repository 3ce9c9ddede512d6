// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

func newHangUp(kube *kube) *cobra.Command {
	var all, yes bool
	var selector string
	var output output
	command := &cobra.Command{
		Use:     "hangup (CALL... | --all)",
		Aliases: []string{"hang-up"},
		Short:   "End calls and keep their records",
		Example: `  # End one call
  kubectl call hangup reminder-ada

  # End every call in the namespace without asking
  kubectl call hangup --all --yes`,
		PreRunE:           output.check,
		ValidArgsFunction: callNames(kube, func(call *v1alpha1.Call) bool { return useractions.CannotHangUp(call) == "" }),
		RunE: func(command *cobra.Command, args []string) error {
			many := all || selector != ""
			if many == (len(args) > 0) {
				return errors.New("name the calls to end, or select them with --all or --selector")
			}
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			names := args
			if many {
				if names, err = liveCalls(command.Context(), c, namespace, selector); err != nil {
					return err
				}
			}
			if many && !yes && len(names) > 0 {
				if err := confirm(command, fmt.Sprintf("Hang up %d calls in the namespace %s: %s?", len(names), namespace, strings.Join(names, ", "))); err != nil {
					return err
				}
			}
			if len(names) == 0 && output.format == "" {
				_, err := fmt.Fprintln(command.ErrOrStderr(), "No call is active.")
				return err
			}
			ended, err := hangUp(command.Context(), c, namespace, names, many)
			return errors.Join(output.hungUp(command.OutOrStdout(), ended, many || len(names) > 1), err)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&all, "all", false, "End every call in the namespace.")
	flags.StringVarP(&selector, "selector", "l", "", "End the calls with these labels, such as team=sales.")
	flags.BoolVarP(&yes, "yes", "y", false, "Do not ask.")
	output.bind(flags)
	command.MarkFlagsMutuallyExclusive("all", "selector")
	return command
}

// hangUp ends each call and returns the calls that it ended. If one cannot be ended, the others still are. A selected
// call that has ended in the meantime is not an error: ending one call often ends another.
func hangUp(ctx context.Context, c client.Client, namespace string, names []string, selected bool) ([]v1alpha1.Call, error) {
	var errs []error
	var ended []v1alpha1.Call
	actions := useractions.Client{Kube: c}
	for _, name := range names {
		call, err := actions.HangUp(ctx, useractions.Ref{Namespace: namespace, Name: callName(name)})
		var over *useractions.ObstacleError
		if selected && errors.As(err, &over) {
			continue
		}
		if err != nil {
			errs = append(errs, explainAction(err))
			continue
		}
		ended = append(ended, *call)
	}
	return ended, errors.Join(errs...)
}

// hungUp prints the calls that were ended. Scripts read one object if they named one call, and otherwise a list, whatever
// its length.
func (o *output) hungUp(out io.Writer, ended []v1alpha1.Call, list bool) error {
	if list && o.isData() {
		return o.calls(out, ended, false, time.Now())
	}
	for i := range ended {
		if err := o.object(out, &ended[i], "call", "is being hung up"); err != nil {
			return err
		}
	}
	return nil
}

func liveCalls(ctx context.Context, c client.Client, namespace, selector string) ([]string, error) {
	calls, err := listCalls(ctx, c, namespace, selector)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range calls {
		if useractions.CannotHangUp(&calls[i]) == "" {
			names = append(names, calls[i].Name)
		}
	}
	return names, nil
}

// confirm asks the user. No answer means no.
func confirm(command *cobra.Command, question string) error {
	if _, err := fmt.Fprintf(command.ErrOrStderr(), "%s [y/N] ", question); err != nil {
		return err
	}
	answer, _ := bufio.NewReader(command.InOrStdin()).ReadString('\n')
	if strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return nil
	}
	return errors.New("nothing was done (use --yes to skip the question)")
}

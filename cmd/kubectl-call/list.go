// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// selection says which Calls to show.
type selection struct {
	everywhere, live bool
	selector         string
}

func (s *selection) bind(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVarP(&s.everywhere, "all-namespaces", "A", false, "Show the calls of all namespaces.")
	flags.BoolVar(&s.live, "live", false, "Show only calls that are not over.")
	flags.StringVarP(&s.selector, "selector", "l", "", "Show the calls with these labels, such as team=sales.")
}

// of returns the selected Calls, oldest first.
func (s *selection) of(calls []v1alpha1.Call) []v1alpha1.Call {
	selected := slices.DeleteFunc(calls, func(call v1alpha1.Call) bool { return s.live && call.Status.Result != nil })
	slices.SortFunc(selected, func(a, b v1alpha1.Call) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return selected
}

func newList(kube *kube) *cobra.Command {
	var output output
	var selection selection
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List calls, oldest first",
		Args:    cobra.NoArgs,
		PreRunE: output.check,
		RunE: func(command *cobra.Command, _ []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			if selection.everywhere {
				namespace = ""
			}
			calls, err := listCalls(command.Context(), c, namespace, selection.selector)
			if err != nil {
				return err
			}
			calls = selection.of(calls)
			if len(calls) == 0 && output.format == "" {
				_, err := fmt.Fprintln(command.ErrOrStderr(), "There are no calls.")
				return err
			}
			return output.calls(command.OutOrStdout(), calls, selection.everywhere, time.Now())
		},
	}
	selection.bind(command)
	output.bind(command.Flags())
	return command
}

func listCalls(ctx context.Context, c client.Client, namespace, selector string) ([]v1alpha1.Call, error) {
	parsed, err := labels.Parse(selector)
	if err != nil {
		return nil, fmt.Errorf("--selector: %w", err)
	}
	var calls v1alpha1.CallList
	if err := c.List(ctx, &calls, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: parsed}); err != nil {
		return nil, explainList(err, "Calls", namespace)
	}
	return calls.Items, nil
}

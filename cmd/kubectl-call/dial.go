// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/useractions"
)

func newDial(kube *kube) *cobra.Command {
	var order useractions.Order
	var output output
	command := &cobra.Command{
		Use:   "dial TO",
		Short: "Place a call",
		Long: `Place a call to a phone number, or to a user by ID.

Without --provider and --from, the namespace has to have one CallProvider with one number. Who repeats the command
with the same --name, since the first answer was lost, rings nobody twice: the second one is refused.`,
		Example: `  # Call a number
  kubectl call dial +442079460101 --from +14255550100

  # Call, and wait until somebody has answered
  kubectl call wait "$(kubectl call dial +442079460101 -o name)" --for connected`,
		Args:    cobra.ExactArgs(1),
		PreRunE: output.check,
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			order.Namespace, order.To = namespace, args[0]
			if err := completeOrder(command.Context(), c, &order); err != nil {
				return err
			}
			call, err := useractions.Desk{Client: c}.Dial(command.Context(), order)
			if err != nil {
				return explainDeed(err)
			}
			_, to := party.Both(&call.Spec)
			return output.object(command.OutOrStdout(), call, "call", "is on its way to "+to)
		},
	}
	flags := command.Flags()
	flags.StringVar(&order.Name, "name", "", "Name of the Call; empty is one that is made up.")
	flags.StringVar(&order.From, "from", "", "Number of the provider to call from.")
	flags.StringVar(&order.Provider, "provider", "", "Name of the CallProvider.")
	flags.StringToStringVarP(&order.Labels, "labels", "l", nil, "Labels of the Call, such as team=sales.")
	flags.StringVar(&order.RingTimeout, "ring-timeout", "", "How long to ring, such as 45s.")
	flags.StringVar(&order.MaxDuration, "max-duration", "", "How long the call may last, such as 30m.")
	output.bind(flags)
	complete(command, kube, "provider", providerNames)
	return command
}

// completeOrder fills in what there is only one of.
func completeOrder(ctx context.Context, c client.Client, order *useractions.Order) error {
	if order.Name == "" {
		order.Name = "call-" + strings.ToLower(rand.Text()[:8])
	}
	to, err := useractions.ParseParty(order.To)
	if err != nil {
		return err
	}
	if order.Provider != "" && (order.From != "" || to.PhoneNumber == "") {
		return nil
	}
	provider, err := theProvider(ctx, c, order)
	if err != nil {
		return err
	}
	order.Provider = provider.Name
	if order.From != "" || to.PhoneNumber == "" {
		return nil
	}
	if len(provider.Spec.Numbers) != 1 {
		return fmt.Errorf("CallProvider %s has %d numbers: choose one with --from", provider.Name, len(provider.Spec.Numbers))
	}
	order.From = string(provider.Spec.Numbers[0].PhoneNumber)
	return nil
}

func theProvider(ctx context.Context, c client.Client, order *useractions.Order) (*v1alpha1.CallProvider, error) {
	if order.Provider != "" {
		provider, key := &v1alpha1.CallProvider{}, client.ObjectKey{Namespace: order.Namespace, Name: order.Provider}
		if err := c.Get(ctx, key, provider); err != nil {
			return nil, explain(err, "CallProvider", key)
		}
		return provider, nil
	}
	var providers v1alpha1.CallProviderList
	if err := c.List(ctx, &providers, client.InNamespace(order.Namespace)); err != nil {
		return nil, explainList(err, "CallProviders", order.Namespace)
	}
	switch len(providers.Items) {
	case 0:
		return nil, fmt.Errorf("there is no CallProvider in the namespace %q: create one, or name another namespace with -n", order.Namespace)
	case 1:
		return &providers.Items[0], nil
	default:
		return nil, errors.New("there are several CallProviders: choose one with --provider")
	}
}

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
	var request useractions.DialRequest
	var output output
	var parameters []string
	command := &cobra.Command{
		Use:   "dial TO",
		Short: "Place a call",
		Long: `Place a call to a phone number, or to a user by ID.

Without --provider and --from, the namespace must have exactly one CallProvider with one number. If the answer is lost,
repeat the command with the same --name: no phone rings twice, because the second Call is refused.`,
		Example: `  # Call a number
  kubectl call dial +442079460101 --from +14255550100

  # Have the call run a flow
  kubectl call dial +442079460101 --from +14255550100 --flow appointment-reminder --parameter who=Ada

  # Call, and wait until somebody has answered
  kubectl call wait "$(kubectl call dial +442079460101 -o name)" --for connected`,
		Args:    cobra.ExactArgs(1),
		PreRunE: output.check,
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			request.Namespace, request.To = namespace, args[0]
			if request.Parameters, err = parseParameters(parameters); err != nil {
				return err
			}
			if err := completeRequest(command.Context(), c, &request); err != nil {
				return err
			}
			call, err := useractions.Client{Kube: c}.Dial(command.Context(), request)
			if err != nil {
				return explainAction(err)
			}
			_, to := party.Both(&call.Spec)
			return output.object(command.OutOrStdout(), call, "call", "is on its way to "+to)
		},
	}
	flags := command.Flags()
	flags.StringVar(&request.Name, "name", "", "Name of the Call; generated if empty.")
	flags.StringVar(&request.From, "from", "", "Number of the provider to call from.")
	flags.StringVar(&request.Provider, "provider", "", "Name of the CallProvider.")
	flags.StringToStringVarP(&request.Labels, "labels", "l", nil, "Labels of the Call, such as team=sales.")
	flags.StringVar(&request.RingTimeout, "ring-timeout", "", "How long to ring, such as 45s.")
	flags.StringVar(&request.MaxDuration, "max-duration", "", "How long the call may last, such as 30m.")
	flags.StringVar(&request.Flow, "flow", "", "Name of the CallFlow that the call runs once it is answered.")
	flags.StringArrayVarP(&parameters, "parameter", "p", nil, "Parameter of the flow, such as who=Ada. Can be repeated.")
	output.bind(flags)
	complete(command, kube, "provider", providerNames)
	complete(command, kube, "flow", listFlowNames)
	return command
}

// parseParameters reads parameters of a flow. Values are texts for people, so they may have commas and equals signs.
func parseParameters(given []string) (map[string]string, error) {
	parameters := make(map[string]string, len(given))
	for _, text := range given {
		name, value, found := strings.Cut(text, "=")
		if _, twice := parameters[name]; !found || name == "" || twice {
			return nil, fmt.Errorf("--parameter %q: write each parameter once, as NAME=VALUE, such as who=Ada", text)
		}
		parameters[name] = value
	}
	return parameters, nil
}

// completeRequest fills in the provider and the number if there is only one.
func completeRequest(ctx context.Context, c client.Client, request *useractions.DialRequest) error {
	if request.Name == "" {
		request.Name = "call-" + strings.ToLower(rand.Text()[:8])
	}
	to, err := useractions.ParseParty(request.To)
	if err != nil {
		return err
	}
	if request.Provider != "" && (request.From != "" || to.PhoneNumber == "") {
		return nil
	}
	provider, err := theProvider(ctx, c, request)
	if err != nil {
		return err
	}
	request.Provider = provider.Name
	if request.From != "" || to.PhoneNumber == "" {
		return nil
	}
	if len(provider.Spec.Numbers) != 1 {
		return fmt.Errorf("CallProvider %s has %d numbers: choose one with --from", provider.Name, len(provider.Spec.Numbers))
	}
	request.From = string(provider.Spec.Numbers[0].PhoneNumber)
	return nil
}

func theProvider(ctx context.Context, c client.Client, request *useractions.DialRequest) (*v1alpha1.CallProvider, error) {
	if request.Provider != "" {
		provider, key := &v1alpha1.CallProvider{}, client.ObjectKey{Namespace: request.Namespace, Name: request.Provider}
		if err := c.Get(ctx, key, provider); err != nil {
			return nil, explain(err, "CallProvider", key)
		}
		return provider, nil
	}
	var providers v1alpha1.CallProviderList
	if err := c.List(ctx, &providers, client.InNamespace(request.Namespace)); err != nil {
		return nil, explainList(err, "CallProviders", request.Namespace)
	}
	switch len(providers.Items) {
	case 0:
		return nil, fmt.Errorf("there is no CallProvider in the namespace %q: create one, or name another namespace with -n", request.Namespace)
	case 1:
		return &providers.Items[0], nil
	default:
		return nil, errors.New("there are several CallProviders: choose one with --provider")
	}
}

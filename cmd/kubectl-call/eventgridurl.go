// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

// eventGridURL has the flags of the command of that name.
type eventGridURL struct {
	kube *kube
	keys callbackKeys
}

func newEventGridURL(kube *kube) *cobra.Command {
	o := &eventGridURL{kube: kube}
	command := &cobra.Command{
		Use:   "event-grid-url PROVIDER",
		Short: "Print the URL for Event Grid to deliver a CallProvider's incoming calls to",
		Long: `Print the URL for Event Grid to deliver the incoming calls of a CallProvider to.

Use it as the webhook endpoint of an event subscription for Microsoft.Communication.IncomingCall. Anyone who has the URL
can report incoming calls, so treat it as a secret. The command needs the key that signs callback URLs. It reads the key
from the Secret in the cluster, or from a file.

The URL stays the same as long as the key is in use, even when the provider is deleted and created again.`,
		Example: `  # The URL for the provider acs in the current namespace
  kubectl call event-grid-url acs

  # With the key from a file
  kubectl call event-grid-url acs -n team-a --key-file ./keys`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			url, err := o.url(command.Context(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(command.OutOrStdout(), url)
			return err
		},
	}
	o.keys.bindFlags(command)
	return command
}

func (o *eventGridURL) url(ctx context.Context, name string) (string, error) {
	c, provider, err := o.kube.provider(ctx, name)
	if err != nil {
		return "", err
	}
	namespace := provider.Namespace
	if provider.Spec.Asterisk != nil {
		return "", fmt.Errorf("the CallProvider %q in the namespace %q reaches Asterisk, which reports on a WebSocket and not through Event Grid: use kubectl call stream %s",
			name, namespace, name)
	}
	if provider.Spec.CallbackURL == "" {
		return "", fmt.Errorf("the CallProvider %q in the namespace %q has no spec.callbackURL, so Event Grid cannot reach the webhook receiver: set it", name, namespace)
	}
	keys, err := o.keys.read(ctx, c)
	if err != nil {
		return "", err
	}
	url, err := keys.EventGridURL(provider.Spec.CallbackURL, namespace, name)
	if err != nil {
		return "", fmt.Errorf("the provider's spec.callbackURL: %w", err)
	}
	return url, nil
}

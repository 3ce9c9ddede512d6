// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

const (
	// The Secret that config/manager/deployment.yaml and config/webhookreceiver/deployment.yaml mount.
	defaultKeySecret    = "call-operator-callback-key"
	defaultKeyNamespace = "call-operator-system"
	keySecretKey        = "keys"
)

// eventGridURL has the flags of the command of that name.
type eventGridURL struct {
	kube                             *kube
	keySecret, keyNamespace, keyFile string
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
	flags := command.Flags()
	flags.StringVar(&o.keySecret, "key-secret", defaultKeySecret, "Name of the Secret with the callback keys, under the key keys.")
	flags.StringVar(&o.keyNamespace, "key-namespace", defaultKeyNamespace, "Namespace of that Secret: the one in which call-operator runs.")
	flags.StringVar(&o.keyFile, "key-file", "", "File with the callback keys, instead of the Secret.")
	command.MarkFlagsMutuallyExclusive("key-file", "key-secret")
	command.MarkFlagsMutuallyExclusive("key-file", "key-namespace")
	return command
}

func (o *eventGridURL) url(ctx context.Context, name string) (string, error) {
	c, namespace, err := o.kube.connect()
	if err != nil {
		return "", err
	}
	provider := &v1alpha1.CallProvider{}
	key := client.ObjectKey{Namespace: namespace, Name: name}
	if err := c.Get(ctx, key, provider); err != nil {
		return "", explain(err, "CallProvider", key)
	}
	keys, err := o.readKeys(ctx, c)
	if err != nil {
		return "", err
	}
	url, err := keys.EventGridURL(provider.Spec.CallbackURL, namespace, name)
	if err != nil {
		return "", fmt.Errorf("the provider's spec.callbackURL: %w", err)
	}
	return url, nil
}

// readKeys returns the callback keys. Errors do not contain them.
func (o *eventGridURL) readKeys(ctx context.Context, c client.Reader) (callbackurl.Keys, error) {
	source := "the file " + o.keyFile
	contents, err := os.ReadFile(o.keyFile)
	if o.keyFile == "" {
		source = fmt.Sprintf("the Secret %q in the namespace %q", o.keySecret, o.keyNamespace)
		contents, err = o.readSecret(ctx, c)
	}
	if err != nil {
		return callbackurl.Keys{}, err
	}
	keys, err := callbackurl.ParseKeys(contents)
	if err != nil {
		return callbackurl.Keys{}, fmt.Errorf("%s: %w", source, err)
	}
	return keys, nil
}

func (o *eventGridURL) readSecret(ctx context.Context, c client.Reader) ([]byte, error) {
	secret := &corev1.Secret{}
	key := client.ObjectKey{Namespace: o.keyNamespace, Name: o.keySecret}
	if err := c.Get(ctx, key, secret); err != nil {
		return nil, fmt.Errorf("%w (name another Secret with --key-secret and --key-namespace, or a file with --key-file)",
			explain(err, "Secret", key))
	}
	contents, found := secret.Data[keySecretKey]
	if !found {
		return nil, fmt.Errorf("the Secret %q in the namespace %q has no key %q", key.Name, key.Namespace, keySecretKey)
	}
	return contents, nil
}

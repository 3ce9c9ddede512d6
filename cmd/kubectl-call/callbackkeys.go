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

	"github.com/call-operator/call-operator/internal/callbackurl"
)

const (
	// The Secret that config/manager/deployment.yaml and config/webhookreceiver/deployment.yaml mount.
	defaultKeySecret    = "call-operator-callback-key"
	defaultKeyNamespace = "call-operator-system"
	keySecretKey        = "keys"
)

// callbackKeys says where the callback keys are: in a Secret, or in a file.
type callbackKeys struct {
	secret, namespace, file string
}

func (k *callbackKeys) bindFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&k.secret, "key-secret", defaultKeySecret, "Name of the Secret with the callback keys, under the key keys.")
	flags.StringVar(&k.namespace, "key-namespace", defaultKeyNamespace, "Namespace of that Secret: the one in which call-operator runs.")
	flags.StringVar(&k.file, "key-file", "", "File with the callback keys, instead of the Secret.")
	command.MarkFlagsMutuallyExclusive("key-file", "key-secret")
	command.MarkFlagsMutuallyExclusive("key-file", "key-namespace")
}

// read returns the callback keys. Errors do not contain them.
func (k *callbackKeys) read(ctx context.Context, c client.Reader) (callbackurl.Keys, error) {
	source := "the file " + k.file
	contents, err := os.ReadFile(k.file)
	if k.file == "" {
		source = fmt.Sprintf("the Secret %q in the namespace %q", k.secret, k.namespace)
		contents, err = k.readSecret(ctx, c)
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

func (k *callbackKeys) readSecret(ctx context.Context, c client.Reader) ([]byte, error) {
	secret := &corev1.Secret{}
	key := client.ObjectKey{Namespace: k.namespace, Name: k.secret}
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

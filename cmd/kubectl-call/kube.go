// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// kube connects to the cluster that kubectl's own flags and files name.
type kube struct {
	rules     *clientcmd.ClientConfigLoadingRules
	overrides *clientcmd.ConfigOverrides
	// newClient is replaced in tests.
	newClient func(*rest.Config) (client.WithWatch, error)
}

func newKube() *kube {
	return &kube{
		rules:     clientcmd.NewDefaultClientConfigLoadingRules(),
		overrides: &clientcmd.ConfigOverrides{},
		newClient: newClient,
	}
}

// bindFlags adds the flags that every subcommand of kubectl has. kubectl passes on only what follows the plug-in's name.
func (k *kube) bindFlags(flags *pflag.FlagSet) {
	flags.StringVar(&k.rules.ExplicitPath, "kubeconfig", "", "Path to the kubeconfig file to use.")
	clientcmd.BindOverrideFlags(k.overrides, flags, clientcmd.RecommendedConfigOverrideFlags(""))
}

// config returns the configuration of the cluster, and the default namespace.
func (k *kube) config() (*rest.Config, string, error) {
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(k.rules, k.overrides)
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return config, namespace, nil
}

// connect returns a client, and the default namespace.
func (k *kube) connect() (client.WithWatch, string, error) {
	config, namespace, err := k.config()
	if err != nil {
		return nil, "", err
	}
	c, err := k.newClient(config)
	if err != nil {
		return nil, "", fmt.Errorf("reaching the cluster: %w", err)
	}
	return c, namespace, nil
}

// provider is connect, and reads a CallProvider of the default namespace.
func (k *kube) provider(ctx context.Context, name string) (client.Client, *v1alpha1.CallProvider, error) {
	c, namespace, err := k.connect()
	if err != nil {
		return nil, nil, err
	}
	provider := &v1alpha1.CallProvider{}
	key := client.ObjectKey{Namespace: namespace, Name: name}
	if err := c.Get(ctx, key, provider); err != nil {
		return nil, nil, explain(err, "CallProvider", key)
	}
	return c, provider, nil
}

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	// A person waits, and results of long lists are many objects. The API server limits requests itself.
	config = rest.CopyConfig(config)
	config.QPS = -1
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, clientgoscheme.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// explain says in plain words why an object could not be read.
func explain(err error, kind string, key client.ObjectKey) error {
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("the cluster has no %s: is call-operator installed?", kind)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no %s %q in the namespace %q", kind, key.Name, key.Namespace)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("you may not read the %s %q in the namespace %q: %w", kind, key.Name, key.Namespace, err)
	}
	return fmt.Errorf("reading the %s %q in the namespace %q: %w", kind, key.Name, key.Namespace, err)
}

// explainList says in plain words why objects could not be listed.
func explainList(err error, kinds, namespace string) error {
	switch {
	case meta.IsNoMatchError(err):
		return fmt.Errorf("the cluster has no %s: is call-operator installed?", kinds)
	case apierrors.IsForbidden(err) && namespace == "":
		return fmt.Errorf("you may not list the %s of all namespaces: %w", kinds, err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("you may not list the %s of the namespace %q: %w", kinds, namespace, err)
	}
	return fmt.Errorf("listing the %s: %w", kinds, err)
}

// explainAction says in plain words why an action failed. Refusals of the API server are already in plain words.
func explainAction(err error) error {
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("the cluster has no Calls: is call-operator installed? (%w)", err)
	}
	return err
}

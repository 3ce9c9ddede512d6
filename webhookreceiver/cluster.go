// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/cachetransform"
)

// fieldManager names the writer of a status in the object's managed fields and in the API server's audit log.
const fieldManager = "call-operator-webhookreceiver"

// newCluster returns a cluster whose cache has only Calls, their operations and CallProviders.
func newCluster(config *rest.Config, options Options) (cluster.Cluster, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	// Secrets are created and never read.
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	namespaces := make(map[string]cache.Config, len(options.Namespaces))
	for _, namespace := range options.Namespaces {
		namespaces[namespace] = cache.Config{}
	}
	return cluster.New(unthrottled(config), func(o *cluster.Options) {
		o.Scheme = scheme
		o.Logger = options.Log
		o.Client = client.Options{FieldOwner: fieldManager}
		o.Cache = cache.Options{
			DefaultNamespaces: namespaces,
			DefaultTransform:  cachetransform.Transform,
			// Reading another kind would start a watch for it, without permission.
			ReaderFailOnMissingInformer: true,
		}
	})
}

// unthrottled returns a copy of config without the client-side rate limit, which would delay callbacks regardless of
// the API server's capacity. The API server's priority and fairness limits the receiver, and also knows the other
// replicas.
func unthrottled(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.UserAgent = fieldManager
	return config
}

// waitForCache starts the watches and returns when they have synced, or ctx is done.
func waitForCache(ctx context.Context, c cluster.Cluster) error {
	for _, object := range []client.Object{&v1alpha1.Call{}, &v1alpha1.CallAction{}, &v1alpha1.ParticipantMove{}, &v1alpha1.CallProvider{}} {
		if _, err := c.GetCache().GetInformer(ctx, object); err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
	}
	if !c.GetCache().WaitForCacheSync(ctx) {
		return errors.New("the watches of Calls, CallActions, ParticipantMoves and CallProviders did not catch up")
	}
	return nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package informer creates client-go informers from a controller-runtime client, one per kind and namespace. Unlike a
// controller-runtime cache it reports the result of each request to the API server, so that users can see it.
package informer

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	crcache "sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Kind is a kind to watch: an object of the kind, and its list type.
type Kind struct {
	Object  client.Object
	NewList func() client.ObjectList
}

// New watches a kind in a namespace; an empty namespace means all. heard receives the result of each request to the
// API server: nil or an error. Managed fields, which nothing reads, are dropped from memory.
func New(c client.WithWatch, kind Kind, namespace string, heard func(error)) (cache.SharedIndexInformer, error) {
	scoped := func(options metav1.ListOptions) *client.ListOptions {
		return &client.ListOptions{Namespace: namespace, Raw: &options}
	}
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list := kind.NewList()
			err := c.List(ctx, list, scoped(options))
			heard(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			w, err := c.Watch(ctx, kind.NewList(), scoped(options))
			heard(err)
			return w, err
		},
	}, kind.Object, 0, cache.Indexers{})
	// heard has already received the error; client-go would also log it, with the API server's message.
	silent := func(context.Context, *cache.Reflector, error) {}
	if err := informer.SetWatchErrorHandlerWithContext(silent); err != nil {
		return nil, err
	}
	return informer, informer.SetTransform(crcache.TransformStripManagedFields())
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callwatch follows the Calls of a namespace, or objects of another kind, for tests and benchmarks: each revision is seen once, in order.
package callwatch

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Follow calls see for what happens to the Calls of a namespace from now on, until stop is called. A busy API server
// ends watches at any time; such a watch is taken up where it ended. failed gets the error after which nothing more is
// seen.
func Follow(ctx context.Context, c client.WithWatch, namespace string, see func(watch.EventType, *v1alpha1.Call), failed func(error)) (stop func(), err error) {
	return FollowKind(ctx, c, namespace, &v1alpha1.CallList{}, see, failed)
}

// FollowKind is Follow for the kind of a list.
func FollowKind[O client.Object](ctx context.Context, c client.WithWatch, namespace string, list client.ObjectList, see func(watch.EventType, O), failed func(error)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	if err := c.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
		cancel()
		return nil, fmt.Errorf("list what is to be followed: %w", err)
	}
	f := &follower[O]{client: c, namespace: namespace, list: list, version: list.GetResourceVersion(), see: see}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := f.watch(ctx); err != nil && ctx.Err() == nil {
				failed(err)
				return
			}
		}
	}()
	return func() { cancel(); <-done }, nil
}

type follower[O client.Object] struct {
	client    client.WithWatch
	namespace string
	// list is a list of the kind.
	list client.ObjectList
	// version is the resource version up to which everything was seen.
	version string
	see     func(watch.EventType, O)
}

// watch follows until the API server ends the watch.
func (f *follower[O]) watch(ctx context.Context) error {
	watcher, err := f.client.Watch(ctx, f.list, &client.ListOptions{
		Namespace: f.namespace, Raw: &metav1.ListOptions{ResourceVersion: f.version},
	})
	if err != nil {
		return fmt.Errorf("watch what is followed: %w", err)
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		object, ok := event.Object.(O)
		if !ok {
			return fmt.Errorf("the watch of %T said %s: %v", f.list, event.Type, event.Object)
		}
		f.version = object.GetResourceVersion()
		f.see(event.Type, object)
	}
	return nil
}

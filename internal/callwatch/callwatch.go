// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callwatch follows the Calls of a namespace, for tests and benchmarks: each revision is seen once, in order.
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
	ctx, cancel := context.WithCancel(ctx)
	var calls v1alpha1.CallList
	if err := c.List(ctx, &calls, client.InNamespace(namespace), client.Limit(1)); err != nil {
		cancel()
		return nil, fmt.Errorf("list the Calls: %w", err)
	}
	f := &follower{client: c, namespace: namespace, version: calls.ResourceVersion, see: see}
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

type follower struct {
	client    client.WithWatch
	namespace string
	// version is the resource version up to which everything was seen.
	version string
	see     func(watch.EventType, *v1alpha1.Call)
}

// watch follows until the API server ends the watch.
func (f *follower) watch(ctx context.Context) error {
	watcher, err := f.client.Watch(ctx, &v1alpha1.CallList{}, &client.ListOptions{
		Namespace: f.namespace, Raw: &metav1.ListOptions{ResourceVersion: f.version},
	})
	if err != nil {
		return fmt.Errorf("watch the Calls: %w", err)
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		call, ok := event.Object.(*v1alpha1.Call)
		if !ok {
			return fmt.Errorf("the watch of Calls said %s: %v", event.Type, event.Object)
		}
		f.version = call.ResourceVersion
		f.see(event.Type, call)
	}
	return nil
}

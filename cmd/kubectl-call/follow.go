// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"sync"

	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/informer"
)

// following has the current objects of a kind in a namespace.
type following struct {
	store cache.Store
	// changed receives a value when they have changed.
	changed chan struct{}

	mu  sync.Mutex
	err error
}

// Kinds that can be followed, and what people call their objects.
var (
	followedCalls = followed{"Calls", informer.Kind{
		Object: &v1alpha1.Call{}, NewList: func() client.ObjectList { return &v1alpha1.CallList{} },
	}}
	followedActions = followed{"CallActions", informer.Kind{
		Object: &v1alpha1.CallAction{}, NewList: func() client.ObjectList { return &v1alpha1.CallActionList{} },
	}}
)

type followed struct {
	plural string
	kind   informer.Kind
}

// follow watches the objects of a kind in a namespace until ctx is done.
func follow(ctx context.Context, c client.WithWatch, what followed, namespace string) (*following, error) {
	// If the first list fails, the command ends with the error instead of retrying.
	if err := c.List(ctx, what.kind.NewList(), client.InNamespace(namespace)); err != nil {
		return nil, explainList(err, what.plural, namespace)
	}
	f := &following{changed: make(chan struct{}, 1)}
	watched, err := informer.New(c, what.kind, namespace, f.heard)
	if err != nil {
		return nil, err
	}
	registration, err := watched.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { f.notify() }, UpdateFunc: func(_, _ any) { f.notify() }, DeleteFunc: func(any) { f.notify() },
	})
	if err != nil {
		return nil, err
	}
	f.store = watched.GetStore()
	go watched.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		return nil, ctx.Err()
	}
	f.notify()
	return f, nil
}

func (f *following) notify() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *following) heard(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if (f.err == nil) != (err == nil) {
		defer f.notify()
	}
	f.err = err
}

// trouble is why the shown data may be outdated.
func (f *following) trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if errors.Is(f.err, context.Canceled) {
		return nil
	}
	return f.err
}

// calls returns copies of the current Calls.
func (f *following) calls() []v1alpha1.Call {
	objects := f.store.List()
	calls := make([]v1alpha1.Call, 0, len(objects))
	for _, object := range objects {
		calls = append(calls, *object.(*v1alpha1.Call).DeepCopy())
	}
	return calls
}

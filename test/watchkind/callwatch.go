// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package watchkind watches the Calls of a namespace, or objects of another kind, for tests and benchmarks. It sees each revision
// once, in order, unless the API server has compacted it.
package watchkind

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Follow calls see for each change of the Calls of a namespace from now on, until stop is called. A busy API server ends watches
// at any time; the watch then resumes where it ended. If the API server no longer has that version, as just after the kind was
// installed, changes in between are seen as one change per object. failed receives the error after which nothing more is seen.
func Follow(ctx context.Context, c client.WithWatch, namespace string, see func(watch.EventType, *v1alpha1.Call), failed func(error)) (stop func(), err error) {
	return FollowKind(ctx, c, namespace, &v1alpha1.CallList{}, see, failed)
}

// FollowKind is Follow for the kind of a list.
func FollowKind[O client.Object](ctx context.Context, c client.WithWatch, namespace string, list client.ObjectList, see func(watch.EventType, O), failed func(error)) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower[O]{client: c, namespace: namespace, list: list}
	if f.known, err = f.read(ctx); err != nil {
		cancel()
		return nil, err
	}
	f.see = see
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			err := f.watch(ctx)
			if apierrors.IsResourceExpired(err) {
				err = f.catchUp(ctx)
			}
			if err != nil && ctx.Err() == nil {
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
	// version is the resource version up to which everything was seen, known the objects at that version.
	version string
	known   map[types.NamespacedName]O
	see     func(watch.EventType, O)
}

// read lists the objects, and advances the version.
func (f *follower[O]) read(ctx context.Context) (map[types.NamespacedName]O, error) {
	list := f.list.DeepCopyObject().(client.ObjectList) //nolint:forcetypeassert // A deep copy has the type of what is copied.
	if err := f.client.List(ctx, list, client.InNamespace(f.namespace)); err != nil {
		return nil, fmt.Errorf("list what is followed: %w", err)
	}
	there := map[types.NamespacedName]O{}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(O)
		if !ok {
			return fmt.Errorf("a list of %T has a %T", list, item)
		}
		there[client.ObjectKeyFromObject(object)] = object
		return nil
	})
	f.version = list.GetResourceVersion()
	return there, err
}

// catchUp reports changes since a version that the API server has compacted.
func (f *follower[O]) catchUp(ctx context.Context) error {
	there, err := f.read(ctx)
	if err != nil {
		return err
	}
	before := f.known
	f.known = there
	for key, object := range before {
		if now, remains := there[key]; !remains || now.GetUID() != object.GetUID() {
			f.see(watch.Deleted, object)
		}
	}
	for key, object := range there {
		switch was, known := before[key]; {
		case !known || was.GetUID() != object.GetUID():
			f.see(watch.Added, object)
		case was.GetResourceVersion() != object.GetResourceVersion():
			f.see(watch.Modified, object)
		}
	}
	return nil
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
			return fmt.Errorf("the watch of %T ended: %w", f.list, apierrors.FromObject(event.Object))
		}
		f.version = object.GetResourceVersion()
		if key := client.ObjectKeyFromObject(object); event.Type == watch.Deleted {
			delete(f.known, key)
		} else {
			f.known[key] = object
		}
		f.see(event.Type, object)
	}
	return nil
}

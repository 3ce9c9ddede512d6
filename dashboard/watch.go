// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// shown are the kinds that the page shows: an object of each, and a list.
var shown = map[string]struct {
	object  client.Object
	newList func() client.ObjectList
}{
	kindCall:     {&v1alpha1.Call{}, func() client.ObjectList { return &v1alpha1.CallList{} }},
	kindMove:     {&v1alpha1.ParticipantMove{}, func() client.ObjectList { return &v1alpha1.ParticipantMoveList{} }},
	kindRoute:    {&v1alpha1.CallRoute{}, func() client.ObjectList { return &v1alpha1.CallRouteList{} }},
	kindProvider: {&v1alpha1.CallProvider{}, func() client.ObjectList { return &v1alpha1.CallProviderList{} }},
}

// informerOf watches a kind in a namespace. heard is told how each request to the API server went; nil is well.
func informerOf(kind, namespace string, c client.WithWatch, heard func(error)) (cache.SharedIndexInformer, error) {
	newList := shown[kind].newList
	scoped := func(options metav1.ListOptions) *client.ListOptions {
		return &client.ListOptions{Namespace: namespace, Raw: &options}
	}
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list := newList()
			err := c.List(ctx, list, scoped(options))
			heard(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			w, err := c.Watch(ctx, newList(), scoped(options))
			heard(err)
			return w, err
		},
	}, shown[kind].object, 0, cache.Indexers{})
	// What is not shown is not kept.
	return informer, informer.SetTransform(func(object any) (any, error) {
		if accessor, err := meta.Accessor(object); err == nil {
			accessor.SetManagedFields(nil)
		}
		return object, nil
	})
}

// trouble is why something is not seen.
type trouble struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	// SignIn says that the person is no longer known to the API server.
	SignIn bool `json:"signIn,omitempty"`
}

func troubleOf(kind string, err error) trouble {
	t := trouble{Kind: kind, Message: err.Error(), SignIn: apierrors.IsUnauthorized(err)}
	var status apierrors.APIStatus
	switch {
	case apierrors.IsNotFound(err):
		t.Message = "The cluster has no " + kind + ": is call-operator installed?"
	case !errors.As(err, &status):
		t.Message = "The API server cannot be reached. What you see may be old. " + err.Error()
	}
	return t
}

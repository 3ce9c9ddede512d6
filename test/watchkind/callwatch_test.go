// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package watchkind

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestForgottenVersion: a watch that the API server cannot take up misses no object.
func TestForgottenVersion(t *testing.T) {
	t.Parallel()
	named := func(name string) *v1alpha1.Call {
		return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "phones"}}
	}
	builder := fake.NewClientBuilder().WithObjects(named("unchanged"), named("changed"), named("gone"))
	scheme := fake.NewClientBuilder().Build().Scheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	watches := 0
	c := builder.WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
		Watch: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) (watch.Interface, error) {
			if watches++; watches > 1 {
				watcher, err := c.Watch(ctx, list, options...)
				if err == nil {
					// As that of a real API server, the watch ends with its context.
					context.AfterFunc(ctx, watcher.Stop)
				}
				return watcher, err
			}
			// What happened before the API server said that it does not know the version.
			changed := named("changed")
			for _, err := range []error{
				c.Get(ctx, client.ObjectKeyFromObject(changed), changed),
				c.Delete(ctx, named("gone")),
				c.Create(ctx, named("new")),
			} {
				if err != nil {
					return nil, err
				}
			}
			changed.Labels = map[string]string{"team": "night"}
			if err := c.Update(ctx, changed); err != nil {
				return nil, err
			}
			forgotten := watch.NewFakeWithChanSize(1, false)
			status := apierrors.NewResourceExpired("too old resource version: 245 (246)").Status()
			forgotten.Error(&status)
			return forgotten, nil
		},
	}).Build()

	seen := make(chan string, 10)
	stop, err := Follow(t.Context(), c, "phones", func(kind watch.EventType, call *v1alpha1.Call) {
		seen <- string(kind) + " " + call.Name
	}, func(err error) { seen <- err.Error() })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	got := map[string]int{}
	late := time.After(time.Minute)
	for range 3 {
		select {
		case event := <-seen:
			got[event]++
		case <-late:
			t.Fatalf("only %v was seen within a minute", got)
		}
	}
	if diff := cmp.Diff(map[string]int{"DELETED gone": 1, "MODIFIED changed": 1, "ADDED new": 1}, got); diff != "" {
		t.Error(diff)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package objects reads, writes and deletes the objects of the API server in the ways that all reconcilers share.
package objects

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// recordPatience limits the write of the service's answer. The write continues while the manager stops, since nothing else
// knows the answer.
const recordPatience = 10 * time.Second

// retryOnConflict retries a write on conflict, each time on the current object. The error is NotFound if it is gone, even if there is a
// new one of the same name.
func retryOnConflict(ctx context.Context, live client.Reader, object client.Object, write func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	about := object.GetUID()
	for {
		err := write(ctx)
		if !apierrors.IsConflict(err) || ctx.Err() != nil {
			return err
		}
		if err := live.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		if object.GetUID() != about {
			return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group}, object.GetName())
		}
	}
}

// AddFinalizer adds the finalizer to an object, unless the object was changed since it was read.
func AddFinalizer(ctx context.Context, writer client.Writer, object client.Object, finalizer string) error {
	return patchFinalizers(ctx, writer, object, finalizer, controllerutil.AddFinalizer)
}

// RemoveFinalizer removes the finalizer from a deleted object, unless the object was changed since it was read.
func RemoveFinalizer(ctx context.Context, writer client.Writer, object client.Object, finalizer string) error {
	return client.IgnoreNotFound(patchFinalizers(ctx, writer, object, finalizer, controllerutil.RemoveFinalizer))
}

func patchFinalizers(ctx context.Context, writer client.Writer, object client.Object, finalizer string, change func(client.Object, string) bool) error {
	before, _ := object.DeepCopyObject().(client.Object)
	if !change(object, finalizer) {
		return nil
	}
	return writer.Patch(ctx, object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// DeleteWithPreconditions deletes an object, unless it was changed since it was read.
func DeleteWithPreconditions(ctx context.Context, writer client.Writer, object client.Object) error {
	asRead := client.Preconditions{UID: ptr.To(object.GetUID()), ResourceVersion: ptr.To(object.GetResourceVersion())}
	return client.IgnoreNotFound(writer.Delete(ctx, object, asRead))
}

// ConflictOrGone tells whether a write conflicted, or its object is gone. The next reconcile handles both.
func ConflictOrGone(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }

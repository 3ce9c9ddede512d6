// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// mark is the label that a backup tool leaves on what it restores.
const mark = "velero.io/restore-name"

// restore copies a Call, a move or an action into the other namespace, as a backup tool does: with or without its status, and mostly with the
// tool's mark. A copy that has neither is a new wish, and is placed.
func (f *faults) restore(ctx context.Context) error {
	lists := []client.ObjectList{&v1alpha1.CallList{}, &v1alpha1.CallList{}, &v1alpha1.ParticipantMoveList{}, &v1alpha1.CallActionList{}}
	list := lists[f.random.IntN(len(lists))]
	withStatus, marked := f.random.IntN(2) == 0, f.random.IntN(4) > 0
	if err := f.run.stage.client.List(ctx, list, client.InNamespace(f.run.namespace)); err != nil {
		return err
	}
	originals, err := meta.ExtractList(list)
	if err != nil || len(originals) == 0 {
		return err
	}
	original := originals[f.random.IntN(len(originals))]
	restored, name := copyOf(original, f.run.copies, marked)
	f.run.recorder.fault("%s is restored in %s, with status: %t, marked: %t", name, f.run.copies, withStatus, marked)
	if err := f.run.stage.client.Create(ctx, restored); err != nil || !withStatus {
		return tolerable(err)
	}
	switch restored := restored.(type) {
	case *v1alpha1.Call:
		restored.Status = original.(*v1alpha1.Call).Status
	case *v1alpha1.ParticipantMove:
		restored.Status = original.(*v1alpha1.ParticipantMove).Status
	case *v1alpha1.CallAction:
		restored.Status = original.(*v1alpha1.CallAction).Status
	}
	if err := f.run.stage.client.Status().Update(ctx, restored); err != nil {
		return tolerable(err)
	}
	if f.random.IntN(2) == 0 {
		return nil
	}
	// What is done to the copy must not reach the call of the original.
	f.run.recorder.fault("the copy of %s is about to be deleted", name)
	f.soon(f.upTo(2*time.Second), func() {
		if err := f.run.stage.client.Delete(context.WithoutCancel(ctx), restored); tolerable(client.IgnoreNotFound(err)) != nil {
			f.run.recorder.fail(err)
		}
	})
	return nil
}

// copyOf is what a backup has of an object, without its status.
func copyOf(original runtime.Object, namespace string, marked bool) (client.Object, string) {
	metaOf := func(of client.Object) metav1.ObjectMeta {
		copied := metav1.ObjectMeta{Namespace: namespace, Name: of.GetName(), Labels: map[string]string{}, Annotations: of.GetAnnotations(), Finalizers: of.GetFinalizers()}
		for key, value := range of.GetLabels() {
			copied.Labels[key] = value
		}
		if marked {
			copied.Labels[mark] = "nightly"
		}
		return copied
	}
	switch of := original.(type) {
	case *v1alpha1.ParticipantMove:
		return &v1alpha1.ParticipantMove{ObjectMeta: metaOf(of), Spec: of.Spec}, of.Name
	case *v1alpha1.CallAction:
		return &v1alpha1.CallAction{ObjectMeta: metaOf(of), Spec: of.Spec}, of.Name
	default:
		call := original.(*v1alpha1.Call)
		return &v1alpha1.Call{ObjectMeta: metaOf(call), Spec: call.Spec}, call.Name
	}
}

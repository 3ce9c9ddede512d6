// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// managerLease is the Lease that the active manager keeps renewing.
const managerLease = "manager.call-operator.dev"

// release has the flags of the command of that name.
type release struct {
	kube            *kube
	allNamespaces   bool
	systemNamespace string
	now             func() time.Time
}

func newRelease(kube *kube) *cobra.Command {
	o := &release{kube: kube, now: time.Now}
	command := &cobra.Command{
		Use:   "release",
		Short: "Remove call-operator's finalizers from deleted objects after an uninstall",
		Long: `Remove call-operator's finalizers from deleted objects after an uninstall.

A deleted Call stays until the manager has hung up. If call-operator was uninstalled first, nothing hangs up, and the
object, its namespace and the CRDs are stuck in deletion. This command removes call-operator's finalizers from objects
that are being deleted, and prints which calls may still be active at the service. It changes nothing else, and refuses to
run while a manager is active.`,
		Example: `  # Everywhere, after the operator was removed before the CRDs
  kubectl call release --all-namespaces`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return o.run(command.Context(), command.OutOrStdout())
		},
	}
	flags := command.Flags()
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In all namespaces.")
	flags.StringVar(&o.systemNamespace, "system-namespace", defaultKeyNamespace, "Namespace in which call-operator ran.")
	return command
}

func (o *release) run(ctx context.Context, out io.Writer) error {
	c, namespace, err := o.kube.connect()
	if err != nil {
		return err
	}
	if err := o.noManager(ctx, c); err != nil {
		return err
	}
	if o.allNamespaces {
		namespace = ""
	}
	held, err := deletedAndHeld(ctx, c, namespace)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		_, err := fmt.Fprintln(out, "No deleted object has a finalizer of call-operator.")
		return err
	}
	var errs []error
	for _, object := range held {
		errs = append(errs, object.removeFinalizer(ctx, c, out))
	}
	return errors.Join(errs...)
}

// noManager returns an error while a manager is active.
func (o *release) noManager(ctx context.Context, c client.Reader) error {
	lease := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: o.systemNamespace, Name: managerLease}
	if err := c.Get(ctx, key, lease); err != nil {
		if apierrors.IsNotFound(err) {
			return nil
		}
		return explain(err, "Lease", key)
	}
	if lease.Spec.RenewTime == nil || ptr.Deref(lease.Spec.HolderIdentity, "") == "" {
		return nil
	}
	expires := lease.Spec.RenewTime.Add(time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, 0)) * time.Second)
	if o.now().Before(expires) {
		return fmt.Errorf("the manager %s is active, or was until recently, and removes finalizers itself: uninstall it first, or wait %s and try again",
			*lease.Spec.HolderIdentity, expires.Sub(o.now()).Round(time.Second))
	}
	return nil
}

// heldObject is a deleted object that still has a finalizer.
type heldObject struct {
	client.Object
	kind, finalizer string
	// liveID is the service's ID of a call that may still be active.
	liveID string
}

// removeFinalizer removes the finalizer, unless the object has changed in the meantime.
func (h heldObject) removeFinalizer(ctx context.Context, c client.Writer, out io.Writer) error {
	name := h.GetNamespace() + "/" + h.GetName()
	before, ok := h.DeepCopyObject().(client.Object)
	if !ok {
		return fmt.Errorf("%s %s cannot be copied", h.kind, name)
	}
	controllerutil.RemoveFinalizer(h.Object, h.finalizer)
	err := c.Patch(ctx, h.Object, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("removing the finalizer of %s %s: %w", h.kind, name, err)
	}
	line := fmt.Sprintf("Removed the finalizer of %s %s.", h.kind, name)
	if h.liveID != "" {
		line = fmt.Sprintf("Removed the finalizer of %s %s. Its call may still be active; its ID at the service is %s.", h.kind, name, h.liveID)
	}
	_, err = fmt.Fprintln(out, line)
	return err
}

// deletedAndHeld are the objects that are being deleted and still have call-operator's finalizer.
func deletedAndHeld(ctx context.Context, c client.Reader, namespace string) ([]heldObject, error) {
	calls, moves, providers := &v1alpha1.CallList{}, &v1alpha1.ParticipantMoveList{}, &v1alpha1.CallProviderList{}
	for _, list := range []client.ObjectList{calls, moves, providers} {
		// A deleted CRD without objects disappears at once.
		if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil && !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("listing deleted objects: %w", err)
		}
	}
	var all []heldObject
	for i := range calls.Items {
		call := &calls.Items[i]
		object := heldObject{Object: call, kind: "Call", finalizer: v1alpha1.CallFinalizer}
		if call.Status.Phase != v1alpha1.CallPhaseEnded {
			object.liveID = call.Status.ConnectionID
		}
		all = append(all, object)
	}
	for i := range moves.Items {
		all = append(all, heldObject{Object: &moves.Items[i], kind: "ParticipantMove", finalizer: v1alpha1.ParticipantMoveFinalizer})
	}
	for i := range providers.Items {
		all = append(all, heldObject{Object: &providers.Items[i], kind: "CallProvider", finalizer: v1alpha1.CallProviderFinalizer})
	}
	var held []heldObject
	for _, object := range all {
		if object.GetDeletionTimestamp() != nil && controllerutil.ContainsFinalizer(object.Object, object.finalizer) {
			held = append(held, object)
		}
	}
	return held, nil
}

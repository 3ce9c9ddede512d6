// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/masking"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// inventoryPause is how often the calls that a service lists are compared with the Calls.
	inventoryPause = 30 * time.Second

	// orphanAge is how long a call may be there, or its Call over, before it is an orphan.
	orphanAge = 2 * time.Minute

	// inventoryQueue is how many Calls may wait for the poll that a comparison asks for. The others have theirs after the next one.
	inventoryQueue = 1024
)

// takeInventory compares the calls of all services that can list them with the Calls, until ctx is done. A Call whose call is not listed
// is polled at once: its service may have been restarted. A call without a Call is hung up.
func (r *Reconciler) takeInventory(ctx context.Context) error {
	ticker := time.NewTicker(inventoryPause)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			r.takeInventoryOnce(ctx)
		}
	}
}

func (r *Reconciler) takeInventoryOnce(ctx context.Context) {
	var providers v1alpha1.CallProviderList
	if err := r.List(ctx, &providers); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the CallProviders")
		return
	}
	for i := range providers.Items {
		provider := &providers.Items[i]
		if err := r.takeInventoryOf(ctx, provider); err != nil && ctx.Err() == nil {
			// The provider's conditions say what is wrong with it.
			ctrl.LoggerFrom(ctx).V(1).Info("comparing a service's calls with the Calls failed", "provider", client.ObjectKeyFromObject(provider), "cause", masking.Numbers(err.Error()))
		}
	}
}

func (r *Reconciler) takeInventoryOf(ctx context.Context, provider *v1alpha1.CallProvider) error {
	connection, err := r.Connections.For(ctx, provider)
	if err != nil {
		return err
	}
	service, lists := connection.Telephony.(telephony.Lister)
	if !lists {
		return nil
	}
	listed, err := service.LiveCalls(ctx)
	if err != nil {
		return err
	}
	// After the list: a Call that began meanwhile is polled once too often at most.
	calls, err := r.callsOf(ctx, provider.Namespace, objects.ProviderIndex, provider.Name)
	if err != nil {
		return err
	}
	found := compare(inventory{provider: provider.UID, service: connection.Service, listed: listed, calls: calls, now: r.Now()})
	for _, call := range found.missing {
		r.Contacts.PollSoon(call)
		r.poke(call)
	}
	for _, orphan := range found.orphans {
		if err := r.endOrphan(ctx, provider, connection, orphan); err != nil {
			return err
		}
	}
	return nil
}

// inventory is the input of compare.
type inventory struct {
	provider types.UID
	service  v1alpha1.AttemptService
	listed   []telephony.LiveCall
	calls    []v1alpha1.Call
	now      time.Time
}

// differences are what a comparison finds.
type differences struct {
	// missing are Calls whose call the service does not list, and orphans are calls that seem to have no Call.
	missing []*v1alpha1.Call
	orphans []telephony.LiveCall
}

// compare compares the calls that a service lists with the Calls of its provider.
func compare(i inventory) differences {
	var found differences
	connections := map[string]bool{}
	for _, call := range i.listed {
		connections[call.Connection] = true
	}
	wanted := map[types.UID]bool{}
	for n := range i.calls {
		call := &i.calls[n]
		if !orphaned(call, i.now) {
			wanted[call.UID] = true
		}
		if placed(call) && attempt.Compare(call.Status.Attempt, &i.service).HasCall() && !connections[call.Status.ConnectionID] {
			found.missing = append(found.missing, call)
		}
	}
	for _, call := range i.listed {
		if call.Provider == i.provider && call.Target.Kind == callbackurl.KindCalls && !wanted[call.Target.UID] && i.now.Sub(call.Since) >= orphanAge {
			found.orphans = append(found.orphans, call)
		}
	}
	return found
}

// placed tells whether a Call has a live call, as far as is known.
func placed(call *v1alpha1.Call) bool {
	return call.Status.ConnectionID != "" && call.Status.Result == nil && call.Status.ReportedEnd == nil && !attempt.Copied(call, call.Status.Attempt)
}

// orphaned tells whether a Call would leave its call an orphan: it has been over for a while.
func orphaned(call *v1alpha1.Call, now time.Time) bool {
	return call.Status.Result != nil && now.Sub(call.Status.Result.EndTime.Time) >= orphanAge
}

// endOrphan hangs up a call, unless the API server knows its Call after all.
func (r *Reconciler) endOrphan(ctx context.Context, provider *v1alpha1.CallProvider, connection *access.Connection, orphan telephony.LiveCall) error {
	call := &v1alpha1.Call{}
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: orphan.Target.Namespace, Name: orphan.Target.Name}, call)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return err
	case !apierrors.IsNotFound(err) && call.UID == orphan.Target.UID && !orphaned(call, r.Now()):
		return nil
	}
	if err := connection.Telephony.HangUp(ctx, orphan.Connection); err != nil && !notFound(err) {
		return err
	}
	r.Metrics.OrphanHungUp()
	ctrl.LoggerFrom(ctx).Info("a live call that has no Call any more was hung up",
		"provider", client.ObjectKeyFromObject(provider), "connectionID", orphan.Connection, "call", orphan.Target.Namespace+"/"+orphan.Target.Name)
	r.Recorder.Eventf(provider, nil, corev1.EventTypeWarning, v1alpha1.ReasonOrphanHungUp, "HangUp",
		"A live call was hung up that was placed for Call %s, which does not exist any more or is over.", orphan.Target.Name)
	return nil
}

// poke has a Call reconciled.
func (r *Reconciler) poke(call *v1alpha1.Call) {
	select {
	case r.poked <- event.GenericEvent{Object: call}:
	default:
	}
}

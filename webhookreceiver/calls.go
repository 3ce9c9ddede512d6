// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/callstate"
)

// errUnproven says that events change nothing in an object from the cache. The cache may be older than the write that
// makes them news, such as the manager's note that it is about to dial.
var errUnproven = errors.New("old news according to the cache only")

// calls writes what the service reports into the status of Calls.
type calls struct {
	// client reads from the cache and writes, live reads from the API server.
	client  client.Client
	live    client.Reader
	events  events.EventRecorder
	metrics *metrics
	recent  *recentWrites
}

// find implements recorder.
func (c *calls) find(ctx context.Context, target callbackurl.Target) (client.Object, error) {
	call, err := c.read(ctx, c.client, target)
	if errors.Is(err, errGone) {
		// The cache may not have heard of it yet.
		call, err = c.read(ctx, c.live, target)
	}
	if err != nil {
		return nil, err
	}
	return call, nil
}

// provider implements recorder.
func (c *calls) provider(object client.Object) types.NamespacedName {
	call := object.(*v1alpha1.Call)
	return types.NamespacedName{Namespace: call.Namespace, Name: call.Spec.ProviderRef.Name}
}

// write implements recorder.
func (c *calls) write(ctx context.Context, object client.Object, reports []report) ([]result, error) {
	call := object.(*v1alpha1.Call)
	target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: call.Namespace, Name: call.Name, UID: call.UID}
	results, err := c.apply(ctx, c.recent.newest(call), reports, errUnproven)
	for backoff := newBackoff(); err != nil && !isFinal(err); {
		if !errors.Is(err, errUnproven) && !pause(ctx, &backoff) {
			return nil, err
		}
		results, err = c.applyLive(ctx, target, reports)
	}
	return results, err
}

// applyLive applies the reports to the object as it is in the API server. An object that is gone needs no write: the
// finalizer keeps a Call until it is over, so what is said about it is old.
func (c *calls) applyLive(ctx context.Context, target callbackurl.Target, reports []report) ([]result, error) {
	call, err := c.read(ctx, c.live, target)
	if errors.Is(err, errGone) {
		return repeat(resultGone, len(reports)), nil
	}
	if err != nil {
		return nil, err
	}
	return c.apply(ctx, call, reports, nil)
}

// apply writes what is true of the call after the reports. When they change nothing, there is no write, and the
// error is unchanged.
func (c *calls) apply(ctx context.Context, call *v1alpha1.Call, reports []report, unchanged error) ([]result, error) {
	after := call.Status
	results := make([]result, 0, len(reports))
	news := false
	for _, r := range reports {
		next := callstate.Apply(after, callstate.Reported{Event: r.event, At: r.arrived})
		if apiequality.Semantic.DeepEqual(after, next) {
			results = append(results, resultOld)
			continue
		}
		after, news = next, true
		results = append(results, resultRecorded)
	}
	if !news {
		return results, unchanged
	}
	return results, c.update(ctx, call, after)
}

// update writes the status with the resourceVersion of call, which it leaves as it is.
//
// An object from the cache lacks managed fields and the last-applied annotation. Both stay in the API server: it takes
// nothing but the status from an update of the status, and keeps the managed fields when none are sent.
func (c *calls) update(ctx context.Context, call *v1alpha1.Call, after v1alpha1.CallStatus) error {
	updated := call.DeepCopy()
	updated.Status = after
	if err := c.client.Status().Update(ctx, updated); err != nil {
		if apierrors.IsConflict(err) {
			c.metrics.conflicts.Inc()
		}
		return err
	}
	c.metrics.writes.Inc()
	c.recent.put(updated)
	c.announce(updated, call.Status, after)
	return nil
}

func (c *calls) announce(call *v1alpha1.Call, before, after v1alpha1.CallStatus) {
	for _, news := range callstate.Announce(before, after) {
		kind := corev1.EventTypeNormal
		if news.Warning {
			kind = corev1.EventTypeWarning
		}
		c.events.Eventf(call, nil, kind, news.Reason, news.Action, "%s", news.Message)
	}
}

// read returns the Call from reader. The error is errGone when there is none of that name, or when it is another one.
func (c *calls) read(ctx context.Context, reader client.Reader, target callbackurl.Target) (*v1alpha1.Call, error) {
	call := &v1alpha1.Call{}
	err := reader.Get(ctx, types.NamespacedName{Namespace: target.Namespace, Name: target.Name}, call)
	switch {
	case apierrors.IsNotFound(err), err == nil && call.UID != target.UID:
		return nil, errGone
	case err != nil:
		return nil, fmt.Errorf("reading the Call: %w", err)
	}
	return call, nil
}

// newBackoff spreads those who met in a conflict within milliseconds, and asks an API server that is away about
// twice a second.
func newBackoff() wait.Backoff {
	return wait.Backoff{Duration: 2 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 9, Cap: 500 * time.Millisecond}
}

// pause waits for the next try and tells whether there may be one.
func pause(ctx context.Context, backoff *wait.Backoff) bool {
	timer := time.NewTimer(backoff.Step())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

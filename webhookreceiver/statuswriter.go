// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"fmt"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/statemachine"
)

// errUnproven says that events change nothing in an object from the cache. The cache may be stale: a later write, such
// as the manager's attempt to dial, may make them relevant.
var errUnproven = errors.New("old news according to the cache only")

// kindAdapter adapts a kind of object, of type O with a status of type S, for the receiver.
type kindAdapter[O client.Object, S any] struct {
	// kind is the kind's name in callback URLs.
	kind string
	// empty returns an object to read into.
	empty func() O
	// provider names the CallProvider whose service may report on the object. The error is errProviderMissing if it
	// cannot be determined.
	provider func(ctx context.Context, object O) (types.NamespacedName, error)
	// status returns a pointer to the object's status.
	status func(object O) *S
	// attempt is the request that the object's status records, nil when there is none.
	attempt func(object O) *v1alpha1.RequestAttempt
	// apply returns the status of the object after a report, announce the Events for a change.
	apply    func(object O, before S, r report) S
	announce func(before, after S) []statemachine.Announcement
	// keep stores what reports have and a status must not, and returns the reports to apply; nil is nothing.
	keep func(ctx context.Context, object O, reports []report) ([]report, error)
	// changed counts and traces a change that was written.
	changed func(object O, before, after *S)
}

// statusWriter writes the service's reports to the status of objects of one kind.
type statusWriter[O client.Object, S any] struct {
	kindAdapter[O, S]
	// client reads from the cache and writes, live reads from the API server.
	client  client.Client
	live    client.Reader
	events  events.EventRecorder
	metrics *metrics
	tracer  *tracing.Tracer
	now     func() time.Time
	recent  *recentWrites[O]
}

func newStatusWriter[O client.Object, S any](config Config, m *metrics, tracer *tracing.Tracer, t kindAdapter[O, S]) *statusWriter[O, S] {
	return &statusWriter[O, S]{
		kindAdapter: t, client: config.Client, live: config.APIReader, events: config.Recorder, metrics: m, tracer: tracer,
		now: config.Now, recent: newRecentWrites[O](config.Now),
	}
}

// find implements eventRecorder.
func (s *statusWriter[O, S]) find(ctx context.Context, target callbackurl.Target) (client.Object, error) {
	object, err := s.read(ctx, s.client, target)
	if errors.Is(err, errGone) {
		// The cache may not have it yet.
		object, err = s.read(ctx, s.live, target)
	}
	if err != nil {
		return nil, err
	}
	return object, nil
}

// provider implements eventRecorder.
func (s *statusWriter[O, S]) provider(ctx context.Context, object client.Object) (types.NamespacedName, error) {
	return s.kindAdapter.provider(ctx, object.(O))
}

// service implements eventRecorder.
func (s *statusWriter[O, S]) service(object client.Object) *v1alpha1.AttemptService {
	if sent := s.attempt(object.(O)); sent != nil {
		return sent.Service
	}
	return nil
}

// write implements eventRecorder.
func (s *statusWriter[O, S]) write(ctx context.Context, object client.Object, reports []report) ([]result, error) {
	target := callbackurl.Target{Kind: s.kind, Namespace: object.GetNamespace(), Name: object.GetName(), UID: object.GetUID()}
	results, err := s.apply(ctx, s.recent.newest(object.(O)), reports, errUnproven)
	for backoff := newBackoff(); err != nil && !isFinal(err); {
		if !errors.Is(err, errUnproven) && !pause(ctx, &backoff) {
			return nil, err
		}
		results, err = s.applyLive(ctx, target, reports)
	}
	return results, err
}

// applyLive applies the reports to the object as it is in the API server. A deleted object needs no write: its
// finalizer keeps it until the call is over, so reports about it are outdated.
func (s *statusWriter[O, S]) applyLive(ctx context.Context, target callbackurl.Target, reports []report) ([]result, error) {
	object, err := s.read(ctx, s.live, target)
	if errors.Is(err, errGone) {
		return repeat(resultGone, len(reports)), nil
	}
	if err != nil {
		return nil, err
	}
	return s.apply(ctx, object, reports, nil)
}

// apply writes the status of the object after the reports. If they change nothing, there is no write, and the error is
// unchanged.
func (s *statusWriter[O, S]) apply(ctx context.Context, object O, reports []report, unchanged error) ([]result, error) {
	if attempt.Copied(object, s.attempt(object)) {
		// Its status describes another object's call. Nothing was requested for this object.
		return repeat(resultOld, len(reports)), unchanged
	}
	if s.keep != nil {
		var err error
		if reports, err = s.keep(ctx, object, reports); err != nil {
			return nil, err
		}
	}
	after := *s.status(object)
	results := make([]result, 0, len(reports))
	news := false
	for _, r := range reports {
		next := s.kindAdapter.apply(object, after, r)
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
	if err := s.update(ctx, object, after); err != nil {
		return results, err
	}
	s.countWritten(reports, results)
	return results, nil
}

// countWritten records the delay of events that changed something.
func (s *statusWriter[O, S]) countWritten(reports []report, results []result) {
	now := s.now()
	for i, r := range results {
		if r == resultRecorded {
			s.metrics.written(reports[i].source, reports[i].event.Time, now)
		}
	}
}

// update writes the status with the resourceVersion of object, and does not change object.
//
// An object from the cache lacks managed fields and the last-applied annotation. Both stay in the API server: an update
// of the status changes only the status, and keeps the managed fields if none are sent.
func (s *statusWriter[O, S]) update(ctx context.Context, object O, after S) error {
	updated := object.DeepCopyObject().(O)
	*s.status(updated) = after
	ctx, span := s.tracer.Start(ctx, object, tracing.StatusWrite)
	err := s.client.Status().Update(ctx, updated)
	span.End()
	if err != nil {
		if apierrors.IsConflict(err) {
			s.metrics.conflicts.Inc()
		}
		return err
	}
	s.metrics.writes.Inc()
	s.recent.put(updated)
	s.tell(updated, s.status(object), &after)
	return nil
}

// tell reports a written change in Kubernetes Events, metrics and traces.
func (s *statusWriter[O, S]) tell(object O, before, after *S) {
	s.changed(object, before, after)
	for _, news := range s.announce(*before, *after) {
		s.events.Eventf(object, nil, news.EventType(), news.Reason, news.Action, "%s", news.Message)
	}
}

// read returns the object from reader. The error is errGone when there is none of that name, or when it is another one.
func (s *statusWriter[O, S]) read(ctx context.Context, reader client.Reader, target callbackurl.Target) (O, error) {
	object := s.empty()
	err := reader.Get(ctx, types.NamespacedName{Namespace: target.Namespace, Name: target.Name}, object)
	switch {
	case apierrors.IsNotFound(err), err == nil && object.GetUID() != target.UID:
		return object, errGone
	case err != nil:
		return object, fmt.Errorf("reading one of the %s: %w", s.kind, err)
	}
	return object, nil
}

// newBackoff spreads conflicting writers within milliseconds, and retries an unavailable API server about twice a
// second.
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

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

const (
	// refusalInterval is the minimum time between writes of one condition of a provider, and its Events. Senders can cause
	// refusals at any rate.
	refusalInterval = time.Minute

	// refusalTimeout limits the write of a condition with its retries.
	refusalTimeout = 10 * time.Second
)

// refusal is why a request of the service was refused, and what to do about it. Both texts are constant, and contain nothing
// from a request.
type refusal struct {
	reason, message string
}

// refusals report refused requests to the owner of a provider: in a condition of the CallProvider and in Events. The condition
// exists while the latest request was refused. Changes between two writes are merged, and the last one is always written.
type refusals struct {
	client   client.Client
	live     client.Reader
	events   events.EventRecorder
	log      logr.Logger
	now      func() time.Time
	interval time.Duration

	// stopping is closed to write pending conditions without delay.
	stopping chan struct{}
	stop     sync.Once

	// writing counts the writing goroutines: one for each recently changed condition.
	writing sync.WaitGroup
	mu      sync.Mutex
	pending map[refusalKey]*pendingRefusal
}

type refusalKey struct {
	provider  types.UID
	condition string
}

type pendingRefusal struct {
	provider *v1alpha1.CallProvider
	// want is nil if nothing is refused any more.
	want *refusal
	// changed says that want is newer than the last write.
	changed bool
}

func newRefusals(config Config) *refusals {
	return &refusals{
		client: config.Client, live: config.APIReader, events: config.Recorder, log: config.Log, now: config.Now,
		interval: refusalInterval, stopping: make(chan struct{}), pending: map[refusalKey]*pendingRefusal{},
	}
}

// refused records a refused request.
func (r *refusals) refused(provider *v1alpha1.CallProvider, condition string, why refusal) {
	r.note(provider, condition, &why)
}

// unauthenticated records a request that is not authentic, if the provider's owner can do something about that.
func (r *refusals) unauthenticated(provider *v1alpha1.CallProvider, condition string, err error) {
	var why *telephony.AuthenticationError
	if errors.As(err, &why) {
		r.refused(provider, condition, refusal{why.Reason, why.Message})
	}
}

// taken records an accepted request. For most providers this only checks two lists.
func (r *refusals) taken(provider *v1alpha1.CallProvider, condition string) {
	r.mu.Lock()
	_, pending := r.pending[refusalKey{provider.UID, condition}]
	r.mu.Unlock()
	if pending || meta.FindStatusCondition(provider.Status.Conditions, condition) != nil {
		r.note(provider, condition, nil)
	}
}

func (r *refusals) note(provider *v1alpha1.CallProvider, condition string, want *refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := refusalKey{provider.UID, condition}
	known, found := r.pending[key]
	if !found {
		known = &pendingRefusal{}
		r.pending[key] = known
		r.writing.Go(func() { r.settle(key) })
	}
	known.provider, known.want, known.changed = provider, want, true
}

// settle writes the wanted condition and, after a pause, later changes, until there are none.
func (r *refusals) settle(key refusalKey) {
	for {
		provider, want, changed := r.next(key)
		if !changed {
			return
		}
		r.say(provider, key.condition, want)
		select {
		case <-time.After(r.interval):
		case <-r.stopping:
		}
	}
}

// next is what to write; changed is false if there is nothing, and the key is dropped.
func (r *refusals) next(key refusalKey) (provider *v1alpha1.CallProvider, want *refusal, changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.pending[key]
	if !known.changed {
		delete(r.pending, key)
		return nil, nil, false
	}
	known.changed = false
	return known.provider, known.want, true
}

// say writes one condition, if that changes anything, and emits an Event for a refusal.
func (r *refusals) say(provider *v1alpha1.CallProvider, condition string, want *refusal) {
	if want != nil {
		// This comes first, since it needs no permission that may be missing.
		r.events.Eventf(provider, nil, corev1.EventTypeWarning, want.reason, condition, "%s", want.message)
	}
	ctx, cancel := context.WithTimeout(context.Background(), refusalTimeout)
	defer cancel()
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current := &v1alpha1.CallProvider{}
		if err := r.live.Get(ctx, client.ObjectKeyFromObject(provider), current); err != nil {
			return err
		}
		if current.UID != provider.UID || !setRefusal(current, condition, want, metav1.NewTime(r.now().Truncate(time.Second))) {
			return nil
		}
		return r.client.Status().Update(ctx, current)
	})
	if client.IgnoreNotFound(err) != nil {
		r.log.Error(nil, "what was refused could not be written into the status of a CallProvider", "namespace", provider.Namespace,
			"provider", provider.Name, "condition", condition, "cause", describe(err))
	}
}

// setRefusal sets or removes the condition of a refusal in a provider's status, and tells whether that changed anything.
func setRefusal(provider *v1alpha1.CallProvider, condition string, want *refusal, at metav1.Time) bool {
	if want == nil {
		return meta.RemoveStatusCondition(&provider.Status.Conditions, condition)
	}
	return meta.SetStatusCondition(&provider.Status.Conditions, metav1.Condition{
		Type: condition, Status: metav1.ConditionTrue, ObservedGeneration: provider.Generation, LastTransitionTime: at,
		Reason: want.reason, Message: want.message,
	})
}

// drain writes pending conditions, and returns when that is done. Call it when no more requests arrive.
func (r *refusals) drain() {
	r.stop.Do(func() { close(r.stopping) })
	r.writing.Wait()
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/watchkind"
)

// Patience is how long a condition is awaited before the test has failed. It is long because several tests share two
// cores; nothing that works takes nearly as long.
const Patience = 90 * time.Second

// timeline is every revision of every object of one kind in a namespace, as a watch delivers them.
type timeline[O client.Object] struct {
	mu        sync.Mutex
	revisions map[string][]O
	gone      map[string]bool
	// changed is closed, and replaced, at each revision.
	changed chan struct{}
	failed  error
	// also is called with each revision.
	also func(kind watch.EventType, object O)
}

// watchKind keeps the history of the objects of a list's kind in a namespace until ctx is over.
func watchKind[O client.Object](ctx context.Context, c client.WithWatch, namespace string, list client.ObjectList, also func(watch.EventType, O)) (*timeline[O], func(), error) {
	h := &timeline[O]{also: also, revisions: map[string][]O{}, gone: map[string]bool{}, changed: make(chan struct{})}
	stop, err := watchkind.FollowKind(ctx, c, namespace, list, h.add, h.fail)
	return h, stop, err
}

func (h *timeline[O]) add(kind watch.EventType, object O) {
	h.also(kind, object)
	h.mu.Lock()
	defer h.mu.Unlock()
	name := object.GetName()
	h.revisions[name] = append(h.revisions[name], object)
	h.gone[name] = kind == watch.Deleted
	close(h.changed)
	h.changed = make(chan struct{})
}

// fail notes that nothing more will be seen.
func (h *timeline[O]) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = err
	close(h.changed)
	h.changed = make(chan struct{})
}

// failure is why nothing more will be seen, if so.
func (h *timeline[O]) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}

// newest returns the newest revision, whether the object is gone, and a channel that is closed at the next revision
// of any object.
func (h *timeline[O]) newest(name string) (object O, gone bool, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if all := h.revisions[name]; len(all) > 0 {
		object = all[len(all)-1]
	}
	return object, h.gone[name], h.changed
}

func (h *timeline[O]) of(name string) []O {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.revisions[name])
}

func (h *timeline[O]) names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]string, 0, len(h.revisions))
	for name := range h.revisions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Await waits until cond holds for a Call and returns the revision for which it did. what completes "waiting until".
func (w *World) Await(t testing.TB, name, what string, cond func(*v1alpha1.Call) bool) *v1alpha1.Call {
	t.Helper()
	var found *v1alpha1.Call
	w.await(t, name, what, func(call *v1alpha1.Call, gone bool) bool {
		if call == nil || gone || !cond(call) {
			return false
		}
		found = call
		return true
	})
	return found
}

// AwaitGone waits until the Call is gone.
func (w *World) AwaitGone(t testing.TB, name string) {
	t.Helper()
	w.await(t, name, "it is gone", func(_ *v1alpha1.Call, gone bool) bool { return gone })
}

func (w *World) await(t testing.TB, name, what string, cond func(call *v1alpha1.Call, gone bool) bool) {
	t.Helper()
	awaitIn(t, w, w.calls, name, what, cond, describe)
}

// awaitIn waits until cond holds for the newest revision of an object.
func awaitIn[O client.Object](t testing.TB, w *World, h *timeline[O], name, what string, cond func(object O, gone bool) bool, describe func(object O, gone bool) string) {
	t.Helper()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		object, gone, changed := h.newest(name)
		if cond(object, gone) {
			return
		}
		must(t, h.failure())
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("waited %s for %s until %s; it is\n%s\n%s", Patience, name, what, describe(object, gone), w.Describe())
		}
	}
}

func describe(call *v1alpha1.Call, gone bool) string {
	switch {
	case call == nil:
		return "not there"
	case gone:
		return "gone"
	}
	status, err := yaml.Marshal(call.Status)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("deletion %v, finalizers %v\n%s", call.DeletionTimestamp, call.Finalizers, status)
}

// AwaitCondition waits until a condition of a Call is true.
func (w *World) AwaitCondition(t testing.TB, name, condition string) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, condition+" is true", func(call *v1alpha1.Call) bool {
		return Condition(call, condition).Status == metav1.ConditionTrue
	})
}

// AwaitReason waits until the Call's Ready condition has a reason.
func (w *World) AwaitReason(t testing.TB, name, reason string) *v1alpha1.Call {
	t.Helper()
	return w.Await(t, name, "Ready has the reason "+reason, func(call *v1alpha1.Call) bool {
		return Condition(call, v1alpha1.ConditionReady).Reason == reason
	})
}

// Condition returns a Call's condition, the zero value when it has none of the type.
func Condition(call *v1alpha1.Call, kind string) metav1.Condition {
	at := slices.IndexFunc(call.Status.Conditions, func(c metav1.Condition) bool { return c.Type == kind })
	if at < 0 {
		return metav1.Condition{}
	}
	return call.Status.Conditions[at]
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/informer"
)

// viewer watches what one user may see in one namespace, or in all, and sends changes to all windows of that user.
type viewer struct {
	namespace string
	stores    map[string]cache.Store
	rights    *rights
	ctx       context.Context
	// stop ends the watches. It does not wait: after a refused connection, client-go sleeps for up to a minute,
	// regardless of the context.
	stop context.CancelFunc

	mu       sync.Mutex
	windows  map[*window]bool
	troubles map[string]trouble
	// unsettled are the kinds without an answer yet; settled is closed when there are none.
	unsettled map[string]bool
	settled   chan struct{}
}

// newViewer starts the watches.
func newViewer(c client.WithWatch, namespace string) (*viewer, error) {
	ctx, cancel := context.WithCancel(context.Background())
	v := &viewer{
		namespace: namespace, stores: map[string]cache.Store{}, ctx: ctx, stop: cancel,
		windows: map[*window]bool{}, troubles: map[string]trouble{}, unsettled: map[string]bool{}, settled: make(chan struct{}),
	}
	v.rights = newRights(c, v.wakeAll)
	for kind := range shown {
		v.unsettled[kind] = true
	}
	for kind := range shown {
		if err := v.watch(kind, c); err != nil {
			v.stop()
			return nil, err
		}
	}
	return v, nil
}

func (v *viewer) watch(kind string, c client.WithWatch) error {
	watched, err := informer.New(c, shown[kind], v.namespace, func(err error) { v.heard(kind, err) })
	if err != nil {
		return fmt.Errorf("watch the objects of kind %s: %w", kind, err)
	}
	registration, err := watched.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { v.changed(kind, object) },
		UpdateFunc: func(_, object any) { v.changed(kind, object) },
		DeleteFunc: func(object any) { v.changed(kind, object) },
	})
	if err != nil {
		return fmt.Errorf("watch the objects of kind %s: %w", kind, err)
	}
	v.stores[kind] = watched.GetStore()
	go watched.RunWithContext(v.ctx)
	go func() {
		if cache.WaitForCacheSync(v.ctx.Done(), registration.HasSynced) {
			v.settle(kind)
		}
	}()
	return nil
}

// heard records the result of a request to the API server.
func (v *viewer) heard(kind string, err error) {
	if v.ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	before, had := v.troubles[kind]
	if err != nil {
		v.troubles[kind] = troubleOf(kind, v.namespace, err)
	} else {
		delete(v.troubles, kind)
	}
	after, has := v.troubles[kind]
	v.mu.Unlock()
	if had != has || before != after {
		v.wakeAll()
	}
	if err != nil {
		v.settle(kind)
	}
}

// settle records that all objects of a kind are known, or why they are not.
func (v *viewer) settle(kind string) {
	v.mu.Lock()
	was := v.unsettled[kind]
	delete(v.unsettled, kind)
	if was && len(v.unsettled) == 0 {
		close(v.settled)
	}
	v.mu.Unlock()
	if was {
		v.wakeAll()
	}
}

// changed tells all windows that an object was added, changed or deleted.
func (v *viewer) changed(kind string, object any) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	found, ok := object.(client.Object)
	if !ok {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for w := range v.windows {
		w.note(change{kind, client.ObjectKeyFromObject(found)})
	}
}

func (v *viewer) wakeAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for w := range v.windows {
		w.wakeUp()
	}
}

// open makes a window.
func (v *viewer) open() *window {
	w := &window{changes: map[change]bool{}, wake: make(chan struct{}, 1)}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.windows[w] = true
	return w
}

func (v *viewer) shut(w *window) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.windows, w)
}

// trouble lists the kinds that cannot be shown, in order, including those that the API server has not answered yet.
func (v *viewer) trouble() []trouble {
	v.mu.Lock()
	defer v.mu.Unlock()
	found := make([]trouble, 0, len(v.troubles)+len(v.unsettled))
	for _, kind := range slices.Sorted(maps.Keys(v.unsettled)) {
		if _, known := v.troubles[kind]; !known {
			found = append(found, trouble{Kind: kind, Message: "The API server has not answered yet."})
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(v.troubles)) {
		found = append(found, v.troubles[kind])
	}
	return found
}

// object returns the current object, nil if it is gone.
func (v *viewer) object(c change) client.Object {
	found, exists, err := v.stores[c.kind].GetByKey(cache.NewObjectName(c.key.Namespace, c.key.Name).String())
	if err != nil || !exists {
		return nil
	}
	return found.(client.Object)
}

// flowOf is the flow that a Call runs, nil if there is none or it is not known.
func (v *viewer) flowOf(call *v1alpha1.Call) *v1alpha1.CallFlow {
	use := call.FlowUse()
	if use == nil {
		return nil
	}
	flow, _ := v.object(change{kindFlow, client.ObjectKey{Namespace: call.Namespace, Name: use.Name}}).(*v1alpha1.CallFlow)
	return flow
}

// all are all objects of a kind, in the order of their names.
func all[O client.Object](v *viewer, kind string) []O {
	objects := v.stores[kind].List()
	found := make([]O, 0, len(objects))
	for _, object := range objects {
		found = append(found, object.(O))
	}
	slices.SortFunc(found, func(a, b O) int { return compareKeys(a, b) })
	return found
}

// namespaces are the namespaces with any objects.
func (v *viewer) namespaces() []string {
	if v.namespace != "" {
		return []string{v.namespace}
	}
	seen := map[string]bool{}
	for _, kind := range []string{kindCall, kindProvider} {
		for _, object := range v.stores[kind].List() {
			if accessor, err := meta.Accessor(object); err == nil {
				seen[accessor.GetNamespace()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// change names an object that changed.
type change struct {
	kind string
	key  client.ObjectKey
}

// window is one open page. It stores which objects changed, not how: a slow window skips old states, and needs no more
// memory than there are objects.
type window struct {
	mu      sync.Mutex
	changes map[change]bool
	wake    chan struct{}
}

func (w *window) note(c change) {
	w.mu.Lock()
	w.changes[c] = true
	w.mu.Unlock()
	w.wakeUp()
}

func (w *window) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what changed since it was last called.
func (w *window) take() map[change]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.changes
	w.changes = map[change]bool{}
	return taken
}

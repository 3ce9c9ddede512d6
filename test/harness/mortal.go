// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"fmt"
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Mortal is a manager that dies at a cut, and the one that takes its place then.
type Mortal struct {
	// First is the one that dies.
	First *Manager

	second chan *Manager
	taken  *Manager
}

// StartMortal starts a manager and has another one, without the cut, take its place when it has died.
func (w *World) StartMortal(t testing.TB, options ManagerOptions) *Mortal {
	t.Helper()
	m := &Mortal{First: w.StartManager(t, options), second: make(chan *Manager, 1)}
	options.Cut = nil
	go func() {
		<-m.First.done
		if m.First.Gate.WasCut() {
			m.second <- w.StartManager(t, options)
		}
		close(m.second)
	}()
	return m
}

// Survivor is the manager that runs now.
func (m *Mortal) Survivor(t testing.TB) *Manager {
	t.Helper()
	if !m.First.Gate.WasCut() {
		return m.First
	}
	if m.taken == nil {
		select {
		case m.taken = <-m.second:
		case <-time.After(stopPatience):
			t.Fatal("the dead manager did not stop")
		}
	}
	return m.taken
}

// AwaitProvider waits until the CallProvider is ready.
func (w *World) AwaitProvider(t testing.TB) {
	t.Helper()
	watcher, err := w.Client.Watch(t.Context(), &v1alpha1.CallProviderList{}, &client.ListOptions{
		Namespace: w.Namespace, Raw: &metav1.ListOptions{ResourceVersion: "0"},
	})
	must(t, err)
	defer watcher.Stop()
	late := time.After(Patience)
	for {
		select {
		case event := <-watcher.ResultChan():
			if providerReady(event) {
				return
			}
		case <-late:
			t.Fatalf("the CallProvider was not ready within %s", Patience)
		}
	}
}

func providerReady(event watch.Event) bool {
	provider, ok := event.Object.(*v1alpha1.CallProvider)
	return ok && apimeta.IsStatusConditionTrue(provider.Status.Conditions, v1alpha1.ConditionReady)
}

// AwaitWork waits until a manager has gone through all it had to look at when this was called: a Call that is never to
// be placed is created, and its end awaited.
func (w *World) AwaitWork(t testing.TB) {
	t.Helper()
	w.mu.Lock()
	w.probes++
	name := fmt.Sprintf("probe-%d", w.probes)
	w.mu.Unlock()
	w.Create(t, w.Call(name, Callee(999), func(spec *v1alpha1.CallSpec) { spec.State = v1alpha1.CallStateEnded }))
	w.Await(t, name, "it is withdrawn", func(call *v1alpha1.Call) bool { return call.Status.Result != nil })
}

// quietWindow is how long nothing may happen where nothing is to happen. It is longer than the shortest of the
// manager's back-offs.
const quietWindow = 1500 * time.Millisecond

// CheckQuiet checks that a manager and the receivers come to rest: after what was under way, they send nothing.
func (w *World) CheckQuiet(t testing.TB, m *Manager) {
	t.Helper()
	processes := append(w.receivers(), m.process)
	late := time.Now().Add(Patience)
	for {
		before := make([]int, len(processes))
		for i, p := range processes {
			before[i] = len(p.Gate.Sent())
		}
		<-time.After(quietWindow) // nothing can be awaited that is not to happen
		news := ""
		for i, p := range processes {
			if sent := p.Gate.Sent()[before[i]:]; len(sent) > 0 {
				news += fmt.Sprintf("the %s sent %s; ", p.what, join(sent))
			}
		}
		if news == "" {
			return
		}
		if time.Now().After(late) {
			t.Errorf("%s after all was over, still no rest: %s", Patience, news)
			return
		}
	}
}

func (w *World) receivers() []*process {
	w.mu.Lock()
	defer w.mu.Unlock()
	var receivers []*process
	for _, p := range w.processes {
		if p.what == "receiver" {
			receivers = append(receivers, p)
		}
	}
	return receivers
}

// CheckNoLiveCall checks that ACS has no call.
func (w *World) CheckNoLiveCall(t testing.TB) {
	t.Helper()
	if live := w.Sim.Live(); live > 0 {
		t.Errorf("ACS still has %d live calls", live)
	}
}

// AwaitProviderGone waits until the CallProvider is gone, if it was deleted.
func (w *World) AwaitProviderGone(t testing.TB, deleted bool) {
	t.Helper()
	if !deleted {
		return
	}
	watcher, err := w.Client.Watch(t.Context(), &v1alpha1.CallProviderList{}, &client.ListOptions{
		Namespace: w.Namespace, Raw: &metav1.ListOptions{ResourceVersion: "0"},
	})
	must(t, err)
	defer watcher.Stop()
	var list v1alpha1.CallProviderList
	late := time.After(Patience)
	for {
		must(t, w.Client.List(t.Context(), &list, client.InNamespace(w.Namespace)))
		if len(list.Items) == 0 {
			return
		}
		select {
		case <-watcher.ResultChan():
		case <-late:
			t.Fatalf("the CallProvider is still there after %s: %+v", Patience, list.Items[0])
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"slices"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

func clientKey(call *v1alpha1.Call) client.ObjectKey { return client.ObjectKeyFromObject(call) }

// TestCostOfASimpleCall counts what a call that is dialled, answered, ended and kept costs the API server.
func TestCostOfASimpleCall(t *testing.T) {
	t.Parallel()
	const mostWrites, mostEvents = 6, 3
	l := life{
		reason: "the ordinary life", rings: 1, outcomes: only(v1alpha1.OutcomeCompleted),
		phone: briefly(),
	}
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): l.phone}, NoReceiver: true})
	r := w.StartReceiver(t, nil)
	m := w.StartManager(t, harness.ManagerOptions{})
	w.AwaitProvider(t)
	w.AwaitWork(t)
	writesBefore := len(m.Gate.Writes())
	// Each event comes when what was before it is written and known: none meets another one in a write, so that this is the
	// most that a call costs, not the least.
	w.Wire.SetRoute(func(harness.Callback) harness.Route { return harness.Hold })
	l.drive = func(t *testing.T, w *harness.World) {
		for _, event := range []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"} {
			w.CheckQuiet(t, m)
			w.Wire.Deliver(awaitHeld(t, w, event))
		}
	}
	live(t, w, l)
	w.CheckQuiet(t, m)
	byManager, byReceiver := m.Gate.Writes()[writesBefore:], r.Gate.Writes()
	t.Logf("API writes by the manager: %v", byManager)
	t.Logf("API writes by the receiver: %v", byReceiver)
	if all := len(byManager) + len(byReceiver); all > mostWrites {
		t.Errorf("a simple call cost %d API writes, want at most %d: manager %v, receiver %v", all, mostWrites, byManager, byReceiver)
	}
	events := eventsAbout(t, w, callName)
	t.Logf("Kubernetes Events: %q", events)
	if len(events) == 0 || len(events) > mostEvents {
		t.Errorf("a simple call had %d Kubernetes Events, want 1 to %d: %q", len(events), mostEvents, events)
	}
	checkEnd(t, w, l, m)
}

// awaitHeld waits for a callback of a type, and returns the first.
func awaitHeld(t *testing.T, w *harness.World, event string) harness.Callback {
	t.Helper()
	is := func(c harness.Callback) bool { return c.Type == event }
	held := w.Wire.AwaitHeld(t, "there is "+event, func(held []harness.Callback) bool { return slices.ContainsFunc(held, is) })
	return held[slices.IndexFunc(held, is)]
}

// eventsAbout are the Kubernetes Events about a Call, one for each time that it was written.
func eventsAbout(t *testing.T, w *harness.World, name string) []string {
	t.Helper()
	var list eventsv1.EventList
	if err := w.Client.List(t.Context(), &list, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, event := range list.Items {
		if event.Regarding.Name != name {
			continue
		}
		reasons = append(reasons, event.Reason)
		if event.Series != nil {
			for range event.Series.Count {
				reasons = append(reasons, event.Reason+" again")
			}
		}
	}
	return reasons
}

// TestSteadyCallCostsNothing keeps a call connected for a while.
func TestSteadyCallCostsNothing(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): forLong()}})
	m := w.StartManager(t, harness.ManagerOptions{})
	w.Create(t, w.Call(callName, harness.Callee(1)))
	w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
	w.Await(t, callName, "its roster is known", func(call *v1alpha1.Call) bool { return call.Status.ParticipantCount != nil })
	w.AwaitWork(t)
	w.CheckQuiet(t, m)
}

// TestSteadyCallIsPolledWithoutWrites: polls that find nothing new cause no writes.
func TestSteadyCallIsPolledWithoutWrites(t *testing.T) {
	t.Parallel()
	w := harness.New(t, plane, harness.Options{Phones: map[string]harness.Script{harness.Callee(1): forLong()}})
	faults := harness.NewFaults()
	m := w.StartManager(t, harness.ManagerOptions{Poll: 200 * time.Millisecond, Faults: faults})
	w.Create(t, w.Call(callName, harness.Callee(1)))
	w.AwaitCondition(t, callName, v1alpha1.ConditionConnected)
	w.Await(t, callName, "its roster is known", func(call *v1alpha1.Call) bool { return call.Status.ParticipantCount != nil })
	w.AwaitWork(t)
	writes, polls := len(m.Gate.Writes()), len(faults.Times("getCall"))
	for len(faults.Times("getCall")) < polls+5 {
		<-time.After(50 * time.Millisecond) // a poll that changes nothing shows nowhere else
	}
	if now := m.Gate.Writes(); len(now) > writes {
		t.Errorf("polls that found nothing new were followed by %v", now[writes:])
	}
}

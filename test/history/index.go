// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// index finds what belongs together in a History.
type index struct {
	*History
	// uids are the objects in the order of their first revisions, objects their revisions in order.
	uids    []types.UID
	objects map[types.UID][]*Revision
	// intents are the first revisions that have an attempt's ID.
	intents map[string]*Revision
	// steps are the first revisions that have an attempt of a flow's step.
	steps map[string]*Revision
	// connections are the service's, in the order in which they began.
	connections []*connection
	// byID finds them.
	byID map[string]*connection
}

// connection is a side of a call at the service that the operator asked for.
type connection struct {
	id string
	// opened is the request that had the effect, closed the service's word that it is over; nil while it lives.
	opened, closed *simulator.Entry
}

func newIndex(h *History) *index {
	x := &index{History: h, objects: map[types.UID][]*Revision{}, intents: map[string]*Revision{}, steps: map[string]*Revision{}, byID: map[string]*connection{}}
	sorted := make([]*Revision, len(h.Revisions))
	for i := range h.Revisions {
		sorted[i] = &h.Revisions[i]
	}
	slices.SortStableFunc(sorted, func(a, b *Revision) int { return cmp.Compare(a.Version, b.Version) })
	for _, r := range sorted {
		x.addRevision(r)
	}
	x.addConnections()
	return x
}

func (x *index) addRevision(r *Revision) {
	_, object := r.object()
	uid := object.GetUID()
	if x.objects[uid] == nil {
		x.uids = append(x.uids, uid)
	}
	x.objects[uid] = append(x.objects[uid], r)
	if attempt := r.attempt(); attempt != nil && x.intents[attempt.ID] == nil {
		x.intents[attempt.ID] = r
	}
	if attempt := r.stepAttempt(); attempt != nil && x.steps[attempt.ID] == nil {
		x.steps[attempt.ID] = r
	}
}

func (r *Revision) attempt() *v1alpha1.RequestAttempt {
	switch {
	case r.Call != nil:
		return r.Call.Status.Attempt
	case r.Move != nil:
		return r.Move.Status.Attempt
	case r.Action != nil:
		return r.Action.Status.Attempt
	}
	return nil
}

// addConnections finds each connection's beginning and end. The journal has a request when it is answered, and a callee
// that is busy has ended the call by then: the end may stand before the beginning.
func (x *index) addConnections() {
	ends := map[string]*simulator.Entry{}
	for i := range x.Journal {
		if e := &x.Journal[i]; closes(e) && ends[e.ConnectionID] == nil {
			ends[e.ConnectionID] = e
		}
	}
	for i := range x.Journal {
		if e := &x.Journal[i]; opens(e) {
			c := &connection{id: e.ConnectionID, opened: e, closed: ends[e.ConnectionID]}
			x.byID[c.id] = c
			x.connections = append(x.connections, c)
		}
	}
}

func opens(e *simulator.Entry) bool {
	return hadEffect(e) && e.ConnectionID != "" && (e.Operation == "createCall" || e.Operation == "answerCall")
}

func closes(e *simulator.Entry) bool {
	return e.Kind == simulator.EntryEvent && e.EventType == "CallDisconnected"
}

// hadEffect tells a request that the service carried out from one that it refused, or answered from memory.
func hadEffect(e *simulator.Entry) bool {
	return e.Kind == simulator.EntryRequest && e.Status/100 == 2 && !e.Repeated
}

// revisions are the revisions of every object of a kind, object by object.
func (x *index) revisions(of func(*Revision) bool) [][]*Revision {
	var all [][]*Revision
	for _, uid := range x.uids {
		if of(x.objects[uid][0]) {
			all = append(all, x.objects[uid])
		}
	}
	return all
}

func isCall(r *Revision) bool { return r.Call != nil }

func isMove(r *Revision) bool { return r.Move != nil }

func isAction(r *Revision) bool { return r.Action != nil }

// at is the newest of an object's revisions up to a version; nil before its first.
func at(revisions []*Revision, version uint64) *Revision {
	var found *Revision
	for _, r := range revisions {
		if r.Version > version {
			break
		}
		found = r
	}
	return found
}

func last(revisions []*Revision) *Revision { return revisions[len(revisions)-1] }

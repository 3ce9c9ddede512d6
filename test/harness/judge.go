// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	judge "github.com/call-operator/call-operator/test/history"
)

// record is what watches saw, of all kinds.
type record struct {
	mu        sync.Mutex
	revisions []judge.Revision
}

func (r *record) add(kind watch.EventType, object client.Object, revision judge.Revision) {
	// A version that is no number is 0, and the history then makes no sense.
	revision.Version, _ = strconv.ParseUint(object.GetResourceVersion(), 10, 64)
	revision.Seen, revision.Gone = time.Now(), kind == watch.Deleted
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revisions = append(r.revisions, revision)
}

func (r *record) all() []judge.Revision {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.revisions)
}

// judge finds promises that were broken, in all that was recorded of the World.
func (w *World) judge(t testing.TB) {
	t.Helper()
	if err := w.catchUp(); err != nil {
		t.Error(err)
		return
	}
	w.Wire.mu.Lock()
	answers := slices.Clone(w.Wire.answers)
	w.Wire.mu.Unlock()
	for _, v := range judge.Check(&judge.History{Journal: w.Sim.Journal(), Revisions: w.record.all(), Answers: answers}) {
		t.Error(v)
	}
}

// catchUp waits until all that is in the API server was seen.
func (w *World) catchUp() error {
	late := time.Now().Add(Patience)
	for {
		behind, err := w.behind(context.Background())
		switch {
		case err != nil:
			return err
		case behind == "":
			return nil
		case time.Now().After(late):
			return fmt.Errorf("the watches are behind after %s: %s", Patience, behind)
		}
		<-time.After(20 * time.Millisecond) // what the API server has and a watch has not is nothing to wait on
	}
}

// behind names an object whose newest state was not seen.
func (w *World) behind(ctx context.Context) (string, error) {
	var calls v1alpha1.CallList
	var moves v1alpha1.ParticipantMoveList
	var actions v1alpha1.CallActionList
	for _, list := range []client.ObjectList{&calls, &moves, &actions} {
		if err := w.Client.List(ctx, list, client.InNamespace(w.Namespace)); err != nil {
			return "", fmt.Errorf("list what is there at the end: %w", err)
		}
	}
	there := map[string]string{}
	for i := range calls.Items {
		there[calls.Items[i].Name] = calls.Items[i].ResourceVersion
	}
	if name := w.calls.behind(there); name != "" {
		return "Call " + name, nil
	}
	clear(there)
	for i := range moves.Items {
		there[moves.Items[i].Name] = moves.Items[i].ResourceVersion
	}
	if name := w.moves.behind(there); name != "" {
		return "ParticipantMove " + name, nil
	}
	clear(there)
	for i := range actions.Items {
		there[actions.Items[i].Name] = actions.Items[i].ResourceVersion
	}
	if name := w.actions.behind(there); name != "" {
		return "CallAction " + name, nil
	}
	return "", nil
}

// behind names an object whose newest state was not seen. there are the versions in the API server.
func (h *timeline[O]) behind(there map[string]string) string {
	for _, name := range h.names() {
		if _, gone, _ := h.newest(name); !gone && there[name] == "" {
			return name
		}
	}
	for name, version := range there {
		if len(h.of(name)) == 0 {
			return name
		}
		if newest, gone, _ := h.newest(name); gone || newest.GetResourceVersion() != version {
			return name
		}
	}
	return ""
}

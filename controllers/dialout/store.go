// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/internal/targetlist"
	"github.com/call-operator/call-operator/internal/textobject"
)

// memory is what this process knows of a DialOut: what the API server has, as of its last write.
type memory struct {
	uid  types.UID
	plan *dialout.Plan
	// targets are JSON, chunks are where each target is.
	targets [][]byte
	chunks  []chunk
	chunkOf []int32
	// called are the targets that are being called, by the name of their Call.
	called map[string]int
	// moved are the Calls whose move exists.
	moved map[string]bool
}

// chunk is an object with the lines of some targets.
type chunk struct {
	name            string
	resourceVersion string
	first, count    int
}

var (
	// errForeign says that an object belongs to another DialOut of the same name.
	errForeign = errors.New("belongs to another DialOut")
	// errDamaged says that an object is missing or does not have what was written.
	errDamaged = errors.New("is missing or damaged")
)

// remember returns what is known of a DialOut, read from the API server unless this process knows it.
func (r *Reconciler) remember(ctx context.Context, dialOut *v1alpha1.DialOut) (*memory, error) {
	if known, ok := r.memories.Load(dialOut.UID); ok {
		return known.(*memory), nil
	}
	m, err := r.load(ctx, dialOut)
	if err != nil {
		return nil, err
	}
	r.memories.Store(dialOut.UID, m)
	return m, nil
}

// forget has the next reconcile read from the API server.
func (r *Reconciler) forget(uid types.UID) { r.memories.Delete(uid) }

func (r *Reconciler) load(ctx context.Context, dialOut *v1alpha1.DialOut) (*memory, error) {
	read := dialOut.Status.Targets
	m := &memory{
		uid: dialOut.UID, called: map[string]int{}, moved: map[string]bool{},
		targets: make([][]byte, 0, read.Count), chunkOf: make([]int32, 0, read.Count),
	}
	lines, zones := make([]dialout.Line, 0, read.Count), make([]v1alpha1.TimeZone, 0, read.Count)
	known := map[v1alpha1.TimeZone]v1alpha1.TimeZone{}
	for n := range int(read.Chunks) {
		targets, _, err := r.loadPart(ctx, dialOut, dialout.TargetsName(dialOut.Name, read.Hash, n), dialout.TargetsKey)
		if err != nil {
			return nil, err
		}
		name := dialout.ResultsName(dialOut.Name, read.Hash, n)
		text, version, err := r.loadPart(ctx, dialOut, name, dialout.ResultsKey)
		if err != nil {
			return nil, err
		}
		rows := dialout.SplitLines(targets)
		some, err := dialout.DecodeLines(text)
		if err != nil || len(some) != len(rows) {
			return nil, fmt.Errorf("%s %w", name, errDamaged)
		}
		m.chunks = append(m.chunks, chunk{name: name, resourceVersion: version, first: len(lines), count: len(rows)})
		lines = append(lines, some...)
		for _, row := range rows {
			var target struct {
				TimeZone v1alpha1.TimeZone `json:"timeZone"`
			}
			if err := json.Unmarshal(row, &target); err != nil {
				return nil, fmt.Errorf("%s %w", dialout.TargetsName(dialOut.Name, read.Hash, n), errDamaged)
			}
			if _, ok := known[target.TimeZone]; !ok {
				known[target.TimeZone] = target.TimeZone
			}
			zones = append(zones, known[target.TimeZone])
			m.targets, m.chunkOf = append(m.targets, row), append(m.chunkOf, int32(n))
		}
	}
	if len(lines) != int(read.Count) {
		return nil, fmt.Errorf("the list of targets %w", errDamaged)
	}
	m.plan = dialout.NewPlan(lines, zones)
	for i := range lines {
		if lines[i].State == dialout.Calling {
			m.called[m.callName(dialOut, i)] = i
		}
	}
	return m, nil
}

// loadPart reads the text of an object of a DialOut.
func (r *Reconciler) loadPart(ctx context.Context, dialOut *v1alpha1.DialOut, name, key string) (text []byte, version string, err error) {
	found, err := r.readObject(ctx, dialOut.Status.Targets.InSecrets, dialOut.Namespace, name)
	switch {
	case apierrors.IsNotFound(err):
		return nil, "", fmt.Errorf("%s %w", name, errDamaged)
	case err != nil:
		return nil, "", err
	case !belongs(found, dialOut):
		return nil, "", fmt.Errorf("%s %w", name, errForeign)
	}
	text, ok := textobject.Text(found, key)
	if !ok {
		return nil, "", fmt.Errorf("%s %w", name, errDamaged)
	}
	return text, found.GetResourceVersion(), nil
}

// save writes the lines that have changed, unless somebody else has written them.
func (r *Reconciler) save(ctx context.Context, dialOut *v1alpha1.DialOut, m *memory) error {
	dirty := map[int32]bool{}
	for index := range m.plan.TakeChanged() {
		dirty[m.chunkOf[index]] = true
	}
	for n := range dirty {
		c := &m.chunks[n]
		text := dialout.EncodeLines(m.plan.Lines(c.first, c.count))
		made := newObject(dialOut, dialOut.Status.Targets.InSecrets, c.name, v1alpha1.DialOutPartResults, dialout.ResultsKey, text)
		made.SetResourceVersion(c.resourceVersion)
		if err := r.Objects.Update(ctx, made); err != nil {
			return fmt.Errorf("write the results in %s: %w", c.name, err)
		}
		c.resourceVersion = made.GetResourceVersion()
	}
	return nil
}

// target is a target as it was read.
func (m *memory) target(index int) *v1alpha1.DialOutTarget {
	target := &v1alpha1.DialOutTarget{}
	if err := json.Unmarshal(m.targets[index], target); err != nil {
		panic(err) // load has read it
	}
	return target
}

// callName is the name of the last Call to a target.
func (m *memory) callName(dialOut *v1alpha1.DialOut, index int) string {
	return dialout.CallName(dialOut.Name, dialOut.UID, index, targetlist.Identity(m.target(index)), m.plan.Line(index).Calls)
}

// inOrder are the Calls to the targets that are being called, in the order of the list.
func (m *memory) inOrder() []string {
	return slices.SortedFunc(maps.Keys(m.called), func(a, b string) int { return m.called[a] - m.called[b] })
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// recentFor is how long a written object is remembered: longer than its watch event takes to arrive, and short
// enough to keep few objects.
const recentFor = 5 * time.Second

// recentWrites remembers what was written a moment ago. The service sends events of one call within milliseconds of
// each other (CallConnected and the first roster, say); a cache without the first write would make the second one
// conflict, and one write would become three requests.
//
// It is only an optimisation: the API server always checks the resourceVersion.
type recentWrites[O client.Object] struct {
	now func() time.Time

	mu     sync.Mutex
	writes map[types.UID]recentWrite[O]
	// order has the writes, oldest first, so that removal needs no search.
	order []recentWrite[O]
}

type recentWrite[O client.Object] struct {
	object O
	at     time.Time
}

func newRecentWrites[O client.Object](now func() time.Time) *recentWrites[O] {
	return &recentWrites[O]{now: now, writes: map[types.UID]recentWrite[O]{}}
}

// put remembers an object as the API server returned it. It must not be changed afterwards.
func (r *recentWrites[O]) put(object O) {
	r.mu.Lock()
	defer r.mu.Unlock()
	write := recentWrite[O]{object: object, at: r.now()}
	r.writes[object.GetUID()] = write
	r.order = append(r.order, write)
	r.forgetOld()
}

// newest returns cached, or what was written for the same object if that is newer.
func (r *recentWrites[O]) newest(cached O) O {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetOld()
	write, found := r.writes[cached.GetUID()]
	if !found {
		return cached
	}
	if order, err := resourceversion.CompareResourceVersion(write.object.GetResourceVersion(), cached.GetResourceVersion()); err != nil || order <= 0 {
		return cached
	}
	return write.object
}

func (r *recentWrites[O]) forgetOld() {
	for len(r.order) > 0 && r.now().Sub(r.order[0].at) > recentFor {
		oldest := r.order[0]
		// A later write of the same object stays.
		if uid := oldest.object.GetUID(); client.Object(r.writes[uid].object) == client.Object(oldest.object) {
			delete(r.writes, uid)
		}
		r.order[0] = recentWrite[O]{}
		r.order = r.order[1:]
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// recentFor is how long a written object is remembered: longer than a watch event takes to come back, short enough
// to keep few objects.
const recentFor = 5 * time.Second

// recentWrites remembers what was written a moment ago. The service sends events of one call within milliseconds of
// each other (CallConnected and the first roster, say); a cache that has not heard of the first write yet would make
// the second one conflict, and one write would become three requests.
//
// It is an optimisation only. Whatever it returns, the API server judges by the resourceVersion.
type recentWrites struct {
	now func() time.Time

	mu    sync.Mutex
	calls map[types.UID]recentWrite
	// order has the writes with the oldest first, so that forgetting takes no search.
	order []recentWrite
}

type recentWrite struct {
	call *v1alpha1.Call
	at   time.Time
}

func newRecentWrites(now func() time.Time) *recentWrites {
	return &recentWrites{now: now, calls: map[types.UID]recentWrite{}}
}

// put remembers a call as the API server returned it. Nobody may change it afterwards.
func (r *recentWrites) put(call *v1alpha1.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	write := recentWrite{call: call, at: r.now()}
	r.calls[call.UID] = write
	r.order = append(r.order, write)
	r.forgetOld()
}

// newest returns cached, or what was written for the same object if that is newer.
func (r *recentWrites) newest(cached *v1alpha1.Call) *v1alpha1.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgetOld()
	write, found := r.calls[cached.UID]
	if !found {
		return cached
	}
	if order, err := resourceversion.CompareResourceVersion(write.call.ResourceVersion, cached.ResourceVersion); err != nil || order <= 0 {
		return cached
	}
	return write.call
}

func (r *recentWrites) forgetOld() {
	for len(r.order) > 0 && r.now().Sub(r.order[0].at) > recentFor {
		oldest := r.order[0]
		// A later write of the same object stays.
		if r.calls[oldest.call.UID].call == oldest.call {
			delete(r.calls, oldest.call.UID)
		}
		r.order[0] = recentWrite{}
		r.order = r.order[1:]
	}
}

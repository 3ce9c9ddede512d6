// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"

	"github.com/call-operator/call-operator/simulator"
)

// polls are what may be asked of the service while nothing is to be done.
var polls = map[string]bool{"getCall": true, "getParticipants": true}

// unrest finds what was written or asked for while nothing was to be done (invariant 6).
func unrest(x *index) []Violation {
	if x.Rest == nil {
		return nil
	}
	var found []Violation
	for i := range x.Journal {
		e := &x.Journal[i]
		if e.Kind == simulator.EntryRequest && x.Rest.contains(e.Time) && !polls[e.Operation] {
			found = append(found, violation(QuietWhenIdle, []Step{stepOfEntry(e)}, "%s was asked for while nothing was to be done", e.Operation))
		}
	}
	for i := range x.Requests {
		r := &x.Requests[i]
		if x.Rest.contains(r.Time) && changesObjects(r.Name) {
			step := Step{r.Time, fmt.Sprintf("%s sent %s, answered %d", r.Process, r.Name, r.Status)}
			found = append(found, violation(QuietWhenIdle, []Step{step}, "%s while nothing was to be done", r.Name))
		}
	}
	return found
}

// changesObjects distinguishes writes to visible objects from reads, and from a leader's renewals of its Lease.
func changesObjects(request string) bool {
	method, resource, _ := strings.Cut(request, " ")
	return method != "GET" && method != "HEAD" && resource != "leases"
}

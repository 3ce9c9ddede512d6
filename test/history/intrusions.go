// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"
)

// roleReceiver is the command that may read no Secret.
const roleReceiver = "webhookreceiver"

// intrusions finds forged requests that were believed, and Secrets that the receiver read (invariant 9).
func intrusions(x *index) []Violation {
	var found []Violation
	for i := range x.Answers {
		a := &x.Answers[i]
		if a.Forged == "" {
			continue
		}
		if a.Status/100 == 2 && (!a.GenuineURL || !x.isGone(a)) {
			found = append(found, violation(NobodyGetsIn, []Step{stepOfAnswer(a)}, "a forged request was accepted: %s", a.Forged))
		}
		for _, e := range a.Events {
			if r := x.believer(e.ID); r != nil {
				found = append(found, violation(NobodyGetsIn, []Step{stepOfAnswer(a), stepOfRevision(r, "it heard "+e.ID)}, "a forged request changed an object: %s", a.Forged))
			}
		}
	}
	return append(found, secretReads(x)...)
}

// isGone tells whether the object of an answer was deleted by then. Which token of the service to ask for went with it, and
// nothing is left to be changed.
func (x *index) isGone(a *Answer) bool {
	r := at(x.objects[a.UID], a.Current)
	return r != nil && r.Gone
}

// believer is the first revision that says that it heard an event.
func (x *index) believer(eventID string) *Revision {
	for _, uid := range x.uids {
		for _, r := range x.objects[uid] {
			if r.Call == nil {
				break
			}
			for _, known := range r.Call.Status.History {
				if known.ID == eventID {
					return r
				}
			}
		}
	}
	return nil
}

func secretReads(x *index) []Violation {
	var found []Violation
	for _, r := range x.Requests {
		if r.Role == roleReceiver && strings.HasPrefix(r.Name, "GET secrets") && r.Status/100 == 2 {
			step := Step{r.Time, fmt.Sprintf("%s sent %s, answered %d", r.Process, r.Name, r.Status)}
			found = append(found, violation(NobodyGetsIn, []Step{step}, "the receiver read a Secret"))
		}
	}
	return found
}

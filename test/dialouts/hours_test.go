// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialouts

import (
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/harness"
)

// setClock is a clock that runs like the machine's, from a time of the test's choice.
type setClock struct{ ahead atomic.Int64 }

// pass has it be this time now, unless that is over.
func (c *setClock) pass(to time.Time) {
	if c.now().Before(to) {
		c.ahead.Store(int64(time.Until(to)))
	}
}

func (c *setClock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// clockChanges are when the clocks in a zone go forward next, and when back.
func clockChanges(zone *time.Location) (forward, back time.Time) {
	for at := time.Now().In(zone); forward.IsZero() || back.IsZero(); {
		_, change := at.ZoneBounds()
		_, before := at.Zone()
		_, after := change.Zone()
		if after > before {
			forward = change
		} else {
			back = change
		}
		at = change
	}
	return forward.UTC(), back.UTC()
}

// TestClocksChange: by the clock on the wall, hours end when it goes back and come again, and begin when it goes forward.
func TestClocksChange(t *testing.T) {
	t.Parallel()
	const name = "Europe/London"
	london, err := time.LoadLocation(name)
	must(t, err)
	// In London, 02:00 becomes 01:00 in October, and 01:00 becomes 02:00 in March.
	forward, back := clockChanges(london)
	window := v1alpha1.CallingWindow{Start: "01:30", End: "02:30"}
	cases := []struct {
		name, reason string
		change       time.Time
		// open says whether calls may start before the change, waitsUntil when they may start, or start again.
		open       bool
		waitsUntil time.Time
	}{
		{"back", "02:00 becomes 01:00, which is before the hours, and they come a second time", back, true, back.Add(30 * time.Minute)},
		{"forward", "01:00 becomes 02:00, which is in the hours", forward, false, forward},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			clock := &setClock{}
			clock.pass(c.change.Add(-40 * time.Second))
			w, numbers := newWorld(t, harness.Options{Now: clock.now}, answers(), busy(), answers(), answers(), answers(), answers())
			m := w.StartManager(t, harness.ManagerOptions{})
			dialOut := w.DialOut(campaign, numbers...)
			dialOut.Spec.CallingHours = &v1alpha1.CallingHours{TimeZone: name, Windows: []v1alpha1.CallingWindow{window}}
			dialOut.Spec.Attempts = attempts(2, v1alpha1.OutcomeBusy)
			dialOut.Spec.CallsPerSecond = ptr.To(resource.MustParse("100m"))
			w.CreateDialOut(t, dialOut)
			if c.open {
				w.AwaitDialOut(t, campaign, "somebody was called", func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Counts.Done > 0 })
				clock.pass(c.change.Add(-2 * time.Second))
			}
			waits := w.AwaitDialOut(t, campaign, "it waits for the hours, and no call is under way", func(dialOut *v1alpha1.DialOut) bool {
				waiting := dialOut.Status.Waiting
				return waiting != nil && waiting.Reason == v1alpha1.ReasonOutsideCallingHours && dialOut.Status.Counts.Calling == 0
			})
			if next := waits.Status.NextStartTime; next == nil || !next.Time.Equal(c.waitsUntil) {
				t.Errorf("%s: the next call may start at %v, want %s", c.reason, next, c.waitsUntil)
			}
			if rang := len(w.Sim.RingTimes()); c.open != (rang > 0) || rang >= len(numbers) {
				t.Errorf("%s: before the change %d phones rang", c.reason, rang)
			}
			// The rest of the time passes at once, and another manager carries on, faster.
			m.Kill(t)
			clock.pass(c.waitsUntil.Add(-3 * time.Second))
			w.PatchDialOut(t, campaign, `{"spec": {"callsPerSecond": 2}}`)
			w.StartManager(t, harness.ManagerOptions{})
			ended := w.AwaitDialOutEnd(t, campaign, v1alpha1.DialOutAllCalled)
			checkRings(t, w, 1, 2, 1, 1, 1, 1)
			checkResults(t, w, ended, "Done Completed", "Done Busy Busy", "Done Completed", "Done Completed", "Done Completed", "Done Completed")
			for _, rang := range w.Sim.RingTimes() {
				// What was sent in the hours may arrive a moment after them.
				if !inWindow(rang.In(london), window) && !inWindow(rang.Add(-time.Second).In(london), window) {
					t.Errorf("a phone rang at %s, and the hours are from %s to %s", rang.In(london), window.Start, window.End)
				}
			}
		})
	}
}

// inWindow tells whether the clock on the wall is in a window.
func inWindow(at time.Time, window v1alpha1.CallingWindow) bool {
	clock := at.Format("15:04")
	return clock >= window.Start && clock < window.End
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// placed is a Call of the model.
type placed struct {
	index, number int
	notBefore     time.Time
	deadline      time.Time
	// dials is when it is dialled, unless that is too late; ends is when it is over then.
	dials, ends time.Time
	dialled     bool
	outcome     v1alpha1.CallOutcome
	withdrawn   bool
}

// campaign is a DialOut in a world of simulated time, whose process dies now and then. What survives is what was written, and the Calls.
type campaign struct {
	t      *testing.T
	random *rand.Rand
	spec   *v1alpha1.DialOutSpec
	zones  []v1alpha1.TimeZone
	now    time.Time

	written []Line
	calls   map[string]*placed
	// open are the Calls whose end is not recorded.
	open map[string]*placed
	plan *Plan
	// starts are when calls were begun, in order.
	starts []time.Time
	// mortality is how many chances to die there are for each death.
	mortality int
	crashes   int
	// change is when the clocks change in one of the zones.
	change time.Time
}

var modelZones = []v1alpha1.TimeZone{"", "America/New_York", "Asia/Kolkata"}

// modelChanges are changes of the clocks in London and New York, back and forward.
var modelChanges = []time.Time{
	time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), time.Date(2027, 3, 28, 1, 0, 0, 0, time.UTC),
	time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), time.Date(2027, 3, 14, 7, 0, 0, 0, time.UTC),
}

func newCampaign(t *testing.T, random *rand.Rand, targets, mortality int, spec *v1alpha1.DialOutSpec) *campaign {
	c := &campaign{
		t: t, random: random, calls: map[string]*placed{}, open: map[string]*placed{}, spec: spec, mortality: mortality, change: modelChanges[random.IntN(len(modelChanges))],
	}
	// It begins in the hours before the change, or the day before.
	c.now = c.change.Add(-time.Duration(random.IntN([]int{3, 24}[random.IntN(2)]*3600)) * time.Second)
	c.written = make([]Line, targets)
	for range targets {
		c.zones = append(c.zones, modelZones[random.IntN(len(modelZones))])
	}
	c.restart()
	return c
}

func randomSpec(random *rand.Rand) *v1alpha1.DialOutSpec {
	limit, parallel := int32(1+random.IntN(4)), int32(1+random.IntN(5))
	spec := &v1alpha1.DialOutSpec{Parallelism: &parallel, Attempts: &v1alpha1.DialOutAttempts{Limit: &limit}, From: []v1alpha1.PhoneNumber{"+14255550100", "+14255550101"}}
	for _, outcome := range []v1alpha1.CallOutcome{v1alpha1.OutcomeBusy, v1alpha1.OutcomeDeclined, v1alpha1.OutcomeFailed} {
		switch random.IntN(3) {
		case 0:
			pause := time.Duration(random.IntN(7200)) * time.Second
			spec.Attempts.Rules = append(spec.Attempts.Rules, v1alpha1.AttemptRule{Outcomes: []v1alpha1.CallOutcome{outcome}, Pause: &metav1.Duration{Duration: pause}})
		case 1:
			spec.Attempts.Rules = append(spec.Attempts.Rules, v1alpha1.AttemptRule{Outcomes: []v1alpha1.CallOutcome{outcome}, Action: v1alpha1.AttemptStop})
		}
	}
	if random.IntN(2) == 0 {
		pace := resource.MustParse([]string{"500m", "2", "30", "100m"}[random.IntN(4)])
		spec.CallsPerSecond = &pace
	}
	if random.IntN(3) == 0 {
		spec.Order = v1alpha1.OrderSequential
	}
	if random.IntN(2) == 0 {
		// Often at night, when the clocks change.
		start := random.IntN([]int{4, 20}[random.IntN(2)] * 60)
		spec.CallingHours = &v1alpha1.CallingHours{TimeZone: "Europe/London", Windows: []v1alpha1.CallingWindow{
			{Start: fmt.Sprintf("%02d:%02d", start/60, start%60), End: fmt.Sprintf("%02d:%02d", start/60+2, start%60)},
		}}
	}
	return spec
}

// restart is a new process, which knows what was written.
func (c *campaign) restart() {
	lines, err := DecodeLines(EncodeLines(c.written))
	if err != nil {
		c.t.Fatal(err)
	}
	c.plan = NewPlan(lines, c.zones)
	if err := c.plan.SetSpec(c.spec); err != nil {
		c.t.Fatal(err)
	}
}

// dies tells whether the process dies here.
func (c *campaign) dies() bool {
	if c.random.IntN(c.mortality) > 0 {
		return false
	}
	c.crashes++
	c.restart()
	return true
}

// round is one reconcile. It returns when there is something to do again; zero is with the next news.
func (c *campaign) round() time.Time {
	for _, name := range slices.Sorted(maps.Keys(c.open)) {
		c.report(name, c.open[name])
	}
	started := c.plan.Start(c.now, nil, 200)
	if c.dies() {
		return c.now
	}
	changed := slices.Sorted(maps.Keys(c.plan.TakeChanged()))
	for _, index := range changed {
		c.checkBegun(index)
		c.written[index] = *c.plan.Line(index)
		c.written[index].Attempts = slices.Clone(c.written[index].Attempts)
	}
	for i := range c.written {
		line := &c.written[i]
		if line.State != Calling {
			continue
		}
		name := fmt.Sprintf("%d/%d", i, line.Calls)
		if c.calls[name] != nil {
			continue
		}
		if c.dies() {
			return c.now
		}
		c.place(name, i, line)
	}
	return started.Next
}

// report has the plan know of a Call, as the controller does.
func (c *campaign) report(name string, call *placed) {
	line := c.plan.Line(call.index)
	if written := &c.written[call.index]; written.State != Calling || written.Calls != call.number {
		delete(c.open, name)
		return
	}
	if line.State != Calling || line.Calls != call.number {
		return
	}
	report := Report{Index: call.index, Call: call.number, Name: name, Dialled: call.dialled, Withdrawn: call.withdrawn}
	if call.outcome != "" {
		report.Over, report.Outcome, report.End = true, call.outcome, call.ends
	}
	c.plan.Heed(report, c.now)
}

// checkBegun checks a call that is written now as begun.
func (c *campaign) checkBegun(index int) {
	before, line := &c.written[index], c.plan.Line(index)
	if line.Calls == before.Calls {
		return
	}
	if line.Calls != before.Calls+1 || before.State == Done {
		c.t.Fatalf("target %d was %+v, and is called: %+v", index, before, line)
	}
	// It may have become due by what this round took in.
	if before.State == Waiting && c.now.Before(*before.Next) {
		c.t.Fatalf("target %d is called at %s, and waits until %s", index, c.now, before.Next)
	}
	c.starts = append(c.starts, *line.Start)
	if c.spec.Sequential() {
		for i := range index {
			if state := c.plan.Line(i).State; state != Done {
				c.t.Fatalf("target %d is called, and %d before it is %q", index, i, state)
			}
		}
	}
	live := 0
	for i := range c.written {
		if c.plan.Line(i).State == Calling {
			live++
		}
	}
	if live > c.spec.MaxParallel() {
		c.t.Fatalf("%d calls at once, and %d may be", live, c.spec.MaxParallel())
	}
}

// place creates a Call, and decides what becomes of it.
func (c *campaign) place(name string, index int, line *Line) {
	for _, other := range c.open {
		if other.index == index && other.outcome == "" {
			c.t.Fatalf("target %d has two Calls", index)
		}
	}
	call := &placed{index: index, number: line.Calls, notBefore: line.Start.Truncate(time.Second)}
	call.deadline = call.notBefore.Add(time.Duration(line.StartSeconds) * time.Second)
	call.dials = c.now.Add(time.Duration(c.random.ExpFloat64() * 20 * float64(time.Second)))
	call.ends = call.dials.Add(time.Duration(c.random.IntN(90)) * time.Second)
	if c.random.IntN(20) == 0 {
		// Somebody suspends the DialOut for a moment.
		call.withdrawn = true
	}
	c.calls[name], c.open[name] = call, call
}

// pass has time pass until then.
func (c *campaign) pass(until time.Time) {
	c.now = until
	for _, call := range c.open {
		switch {
		case call.outcome != "":
		case !call.dialled && call.withdrawn:
			call.outcome, call.ends = v1alpha1.OutcomeCancelled, c.now
		case !call.dialled && !call.dials.Before(call.deadline):
			if !c.now.Before(call.deadline) {
				call.outcome, call.ends = v1alpha1.OutcomeExpired, call.deadline
			}
		case !call.dialled && !c.now.Before(call.dials):
			call.dialled = true
			c.checkDial(call)
		}
		if call.dialled && call.outcome == "" && !c.now.Before(call.ends) {
			all := []v1alpha1.CallOutcome{v1alpha1.OutcomeCompleted, v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeBusy, v1alpha1.OutcomeDeclined, v1alpha1.OutcomeFailed, v1alpha1.OutcomeUnknown}
			call.outcome = all[c.random.IntN(len(all))]
		}
	}
}

// checkDial checks that a phone may ring now.
func (c *campaign) checkDial(call *placed) {
	hours := c.spec.CallingHours
	if hours == nil {
		return
	}
	zone := c.zones[call.index]
	if zone == "" {
		zone = hours.TimeZone
	}
	place, err := time.LoadLocation(string(zone))
	if err != nil {
		c.t.Fatal(err)
	}
	clock := call.dials.In(place).Format("15:04")
	if window := hours.Windows[0]; clock < window.Start || clock >= window.End {
		c.t.Fatalf("target %d rings at %s in %s, and the hours are from %s to %s", call.index, clock, zone, window.Start, window.End)
	}
}

// next is when something happens to a Call.
func (c *campaign) next() time.Time {
	var next time.Time
	for _, call := range c.open {
		if call.outcome != "" {
			continue
		}
		at := call.dials
		switch {
		case call.withdrawn:
			at = c.now.Add(time.Second)
		case call.dialled:
			at = call.ends
		case !call.dials.Before(call.deadline):
			at = call.deadline
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// checkPace checks that calls were never started faster than the spec says.
func (c *campaign) checkPace() {
	if c.spec.CallsPerSecond == nil {
		return
	}
	rate := c.spec.CallsPerSecond.AsApproximateFloat64()
	slices.SortFunc(c.starts, time.Time.Compare)
	for first := range c.starts {
		for last := first + 1; last < len(c.starts); last++ {
			within := c.starts[last].Sub(c.starts[first])
			most := 1 + rate*(within+time.Millisecond).Seconds()
			if rate > 10 {
				most += rate * paceGroup.Seconds()
			}
			if n := last - first + 1; float64(n) > most+0.01 {
				c.t.Fatalf("%d calls within %s, at %v a second", n, within, rate)
			}
		}
	}
}

// checkAttempts checks each target against the rules.
func (c *campaign) checkAttempts() {
	dialled := make([][]*placed, len(c.written))
	for _, call := range c.calls {
		if call.dialled {
			dialled[call.index] = append(dialled[call.index], call)
		}
	}
	for i, ended := range dialled {
		slices.SortFunc(ended, func(a, b *placed) int { return a.number - b.number })
		if len(ended) == 0 {
			c.t.Fatalf("target %d is done and was never called", i)
		}
		for n, call := range ended {
			pause, again := byTheRules(c.spec, call.outcome)
			last := n == len(ended)-1
			switch {
			case last && again && n+1 < c.spec.AttemptLimit():
				c.t.Fatalf("target %d ended as %s after %d attempts and was not called again", i, call.outcome, n+1)
			case !last && (!again || n+1 >= c.spec.AttemptLimit()):
				c.t.Fatalf("target %d ended as %s after %d attempts and was called again", i, call.outcome, n+1)
			case !last && ended[n+1].dials.Before(call.ends.Add(pause).Truncate(time.Millisecond)):
				c.t.Fatalf("target %d was called again %s after %s, and the pause is %s", i, ended[n+1].dials.Sub(call.ends), call.outcome, pause)
			}
		}
	}
}

// byTheRules tells what the rules say of an outcome.
func byTheRules(spec *v1alpha1.DialOutSpec, outcome v1alpha1.CallOutcome) (time.Duration, bool) {
	for _, rule := range spec.Attempts.Rules {
		if rule.Outcomes[0] != outcome {
			continue
		}
		if rule.Action == v1alpha1.AttemptStop {
			return 0, false
		}
		return rule.Pause.Duration, true
	}
	return 10 * time.Minute, outcome == v1alpha1.OutcomeNoAnswer || outcome == v1alpha1.OutcomeBusy || outcome == v1alpha1.OutcomeFailed
}

// run carries the campaign out, in at most so many rounds, and checks it.
func (c *campaign) run(most int) {
	for rounds := 0; !c.plan.Finished() || len(c.plan.changed) > 0; rounds++ {
		if rounds > most {
			c.t.Fatalf("not over after %d rounds, at %s: %+v", rounds, c.now, c.plan.counts)
		}
		due, news := c.round(), c.next()
		if due.IsZero() || !news.IsZero() && news.Before(due) {
			due = news
		}
		if due.Before(c.now) {
			due = c.now
		}
		c.pass(due.Add(time.Duration(c.random.IntN(20)) * time.Millisecond))
	}
	c.checkPace()
	c.checkAttempts()
	if c.plan.counts.Done != int32(len(c.written)) || c.plan.done.String(100) == "" {
		c.t.Errorf("counts are %+v", c.plan.counts)
	}
}

// crossed tells whether phones rang both before the clocks changed and within a day after it, in calling hours.
func (c *campaign) crossed() bool {
	before, after := false, false
	for _, call := range c.calls {
		if since := call.dials.Sub(c.change); call.dialled {
			before = before || since < 0
			after = after || since >= 0 && since < 24*time.Hour
		}
	}
	return c.spec.CallingHours != nil && before && after
}

// TestModel runs random campaigns, whose process dies now and then.
func TestModel(t *testing.T) {
	t.Parallel()
	seeds := uint64(400)
	if testing.Short() {
		seeds = 100
	}
	first := uint64(0)
	if only, err := strconv.ParseUint(os.Getenv("CALL_OPERATOR_SEED"), 10, 64); err == nil {
		first, seeds = only, 1
	}
	var crossed atomic.Int32
	t.Cleanup(func() {
		t.Logf("the clocks changed in the middle of %d of %d campaigns", crossed.Load(), seeds)
		if seeds > 1 && crossed.Load() < 10 {
			t.Error("the clocks hardly ever change in the middle of a campaign")
		}
	})
	for seed := first; seed < first+seeds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 21))
			c := newCampaign(t, random, 1+random.IntN(30), 12, randomSpec(random))
			c.run(20_000)
			if c.crossed() {
				crossed.Add(1)
			}
		})
	}
}

// TestModelOfMany runs a campaign of 10,000 targets, with a pace and hours, whose process dies now and then.
func TestModelOfMany(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	spec := &v1alpha1.DialOutSpec{
		Parallelism: ptr.To[int32](100), CallsPerSecond: ptr.To(resource.MustParse("4")), From: []v1alpha1.PhoneNumber{"+14255550100"},
		Attempts: &v1alpha1.DialOutAttempts{Limit: ptr.To[int32](3), Rules: []v1alpha1.AttemptRule{
			{Outcomes: []v1alpha1.CallOutcome{v1alpha1.OutcomeBusy}, Pause: &metav1.Duration{Duration: 5 * time.Minute}},
			{Outcomes: []v1alpha1.CallOutcome{v1alpha1.OutcomeNoAnswer}, Action: v1alpha1.AttemptStop},
		}},
		CallingHours: &v1alpha1.CallingHours{TimeZone: "Europe/London", Windows: []v1alpha1.CallingWindow{{Start: "00:30", End: "02:30"}}},
	}
	c := newCampaign(t, rand.New(rand.NewPCG(0, 21)), 10_000, 1000, spec)
	c.run(1_000_000)
	t.Logf("%d Calls, and %d deaths", len(c.calls), c.crashes)
}

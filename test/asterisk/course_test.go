// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

const (
	shortestCourse, longestCourse = 15 * time.Second, 25 * time.Second
	fewestCalls, mostCalls        = 6, 12

	// talking is how long a call to a phone that never hangs up lasts, and ringing how long one rings that is never answered.
	talking, ringing = 6 * time.Second, 4 * time.Second
)

// kindOfPhone is what a phone of the telephone network does, by the last digits of its number.
type kindOfPhone struct {
	digits  string
	outcome v1alpha1.CallOutcome
}

var kindsOfPhones = []kindOfPhone{
	{"200", v1alpha1.OutcomeCompleted}, {"201", v1alpha1.OutcomeCompleted}, {"202", v1alpha1.OutcomeCompleted}, {"203", v1alpha1.OutcomeCompleted},
	{"210", v1alpha1.OutcomeCompleted}, {"210", v1alpha1.OutcomeCompleted},
	{"180", v1alpha1.OutcomeNoAnswer}, {"000", v1alpha1.OutcomeNoAnswer},
	{"486", v1alpha1.OutcomeBusy}, {"603", v1alpha1.OutcomeDeclined}, {"404", v1alpha1.OutcomeFailed},
}

// ringTimeout is that of a Call to the phone: a phone that answers has plenty of time.
func (k kindOfPhone) ringTimeout() time.Duration {
	if k.outcome == v1alpha1.OutcomeNoAnswer {
		return ringing
	}
	return time.Minute
}

// course is what a seed says is to happen.
type course struct {
	// managers is how many work at the same time, as when a lease was lost.
	managers int
	length   time.Duration
	// phones are those of the Calls, and created is when each Call is created.
	phones  []kindOfPhone
	created []time.Duration
	steps   []stage
}

// stage is a part of a course.
type stage struct {
	at   time.Duration
	what string
	do   func(p *play)
}

// String is what is to happen, one step a line.
func (c *course) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d managers, %s\n", c.managers, c.length)
	for _, s := range c.steps {
		fmt.Fprintf(&text, "%6.2fs %s\n", s.at.Seconds(), s.what)
	}
	return text.String()
}

func callName(n int) string { return fmt.Sprintf("call-%d", n) }

// courseOf is the course of a seed.
func courseOf(seed uint64) *course {
	r := rand.New(rand.NewPCG(seed, 7))
	c := &course{managers: 1 + r.IntN(2), length: between(r, shortestCourse, longestCourse).Round(time.Millisecond)}
	c.addCalls(r)
	c.addUsers(r)
	for _, add := range []func(*rand.Rand){c.addKills, c.addCut, c.addReceiver, c.addAsterisk, c.addLink} {
		if r.IntN(2) == 0 {
			add(r)
		}
	}
	slices.SortStableFunc(c.steps, func(a, b stage) int { return int(a.at - b.at) })
	return c
}

func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

func (c *course) anywhere(r *rand.Rand) time.Duration { return between(r, 0, c.length) }

func (c *course) add(at time.Duration, do func(p *play), format string, arguments ...any) {
	c.steps = append(c.steps, stage{at: at, do: do, what: fmt.Sprintf(format, arguments...)})
}

func (c *course) addCalls(r *rand.Rand) {
	for n := range fewestCalls + r.IntN(mostCalls-fewestCalls+1) {
		kind, at := kindsOfPhones[r.IntN(len(kindsOfPhones))], c.anywhere(r)
		c.phones, c.created = append(c.phones, kind), append(c.created, at)
		c.add(at, func(p *play) { p.call(n, kind) }, "%s calls %s", callName(n), kind.digits)
	}
}

// addUsers has users end, delete and move some of the calls.
func (c *course) addUsers(r *rand.Rand) {
	for n := range c.phones {
		name, at := callName(n), c.created[n]+between(r, 0, talking)
		switch r.IntN(6) {
		case 0:
			c.add(at, func(p *play) { p.end(name) }, "%s is ended", name)
		case 1:
			c.add(at, func(p *play) { p.delete(name) }, "%s is deleted", name)
		case 2:
			other := r.IntN(len(c.phones))
			if other != n {
				at = max(at, c.created[other]+between(r, 0, talking))
				c.add(at, func(p *play) { p.move(name, callName(other), c.phones[n]) }, "the callee of %s is moved to %s", name, callName(other))
			}
		}
	}
}

func (c *course) addKills(r *rand.Rand) {
	for range 1 + r.IntN(2) {
		n, at, pause := r.IntN(c.managers), c.anywhere(r), between(r, 0, 3*time.Second)
		c.add(at, func(p *play) { p.killManager(n) }, "manager %d is killed", n)
		c.add(at+pause, func(p *play) { p.startManager(n) }, "manager %d starts", n)
	}
}

// cutPoints are the requests that a manager may die at.
var cutPoints = []string{
	"post-channels-create", "post-channels-variable", "post-channels-dial", "delete-channels", "post-bridges", "post-bridges-addChannel", "PUT calls/status",
	"PATCH calls", "PUT participantmoves/status",
}

func (c *course) addCut(r *rand.Rand) {
	n, name, mode, later := r.IntN(c.managers), cutPoints[r.IntN(len(cutPoints))], harness.Modes[r.IntN(len(harness.Modes))], 1+r.IntN(4)
	c.add(c.anywhere(r), func(p *play) { p.cutManager(n, name, mode, later) }, "manager %d dies %s its next %s but %d", n, mode, name, later-1)
}

func (c *course) addReceiver(r *rand.Rand) {
	at, pause := c.anywhere(r), between(r, time.Second/2, 5*time.Second)
	if r.IntN(2) == 0 {
		c.add(at, func(p *play) { p.stopReceiver() }, "the receiver stops")
	} else {
		c.add(at, func(p *play) { p.killReceiver() }, "the receiver is killed")
	}
	c.add(at+pause, func(p *play) { p.startReceiver() }, "the receiver starts")
}

func (c *course) addAsterisk(r *rand.Rand) {
	how := []pbx.Stopping{pbx.Kill, pbx.Now}[r.IntN(2)]
	at, pause := c.anywhere(r), between(r, 0, 4*time.Second)
	c.add(at, func(p *play) { p.stopAsterisk(how) }, "Asterisk ends: %s", how)
	c.add(at+pause, func(p *play) { p.startAsterisk() }, "Asterisk starts")
}

func (c *course) addLink(r *rand.Rand) {
	for range 1 + r.IntN(3) {
		fault := linkFault{delay: between(r, 0, 2*time.Second), afterEffect: r.IntN(2) == 0}
		what := fmt.Sprintf("%s late", fault.delay.Round(time.Millisecond))
		if r.IntN(2) == 0 {
			fault.breaks, what = true, "lost after "+fault.delay.Round(time.Millisecond).String()
		}
		which := "requests to"
		if fault.afterEffect {
			which = "answers of"
		}
		at, pause := c.anywhere(r), between(r, time.Second/4, 3*time.Second)
		c.add(at, func(p *play) { p.setLink(fault) }, "the %s Asterisk are %s", which, what)
		c.add(at+pause, func(p *play) { p.setLink(linkFault{}) }, "the network is well again")
	}
}

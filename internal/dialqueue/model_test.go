// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialqueue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// model is the queue as plainly as it can be written: a list, searched from end to end.
type model struct {
	calls  []*modelCall
	limits map[string]int
	// free is when a provider may place the next call; begun, whether anybody has asked since there is a line for that.
	free  map[types.NamespacedName]time.Time
	begun map[types.NamespacedName]bool
}

type modelCall struct {
	Ticket
	holds bool
	// paced is in its provider's line; told was refused for the pace.
	paced, told bool
}

func newModel() *model {
	return &model{limits: map[string]int{}, free: map[types.NamespacedName]time.Time{}, begun: map[types.NamespacedName]bool{}}
}

func (m *model) find(uid types.UID) *modelCall {
	for _, c := range m.calls {
		if c.UID == uid {
			return c
		}
	}
	return nil
}

// succeed releases an earlier Call of the ticket's name, and tells whether the name is the ticket's.
func (m *model) succeed(ticket Ticket) (woken []types.NamespacedName, current bool) {
	for _, c := range m.calls {
		if c.Key != ticket.Key || c.UID == ticket.UID {
			continue
		}
		if ticket.Version < c.Version {
			return nil, false
		}
		return m.drop(c), true
	}
	return nil, true
}

// upsert returns who is woken when the call leaves a provider's line.
func (m *model) know(ticket Ticket) (c *modelCall, woken []types.NamespacedName) {
	c = m.find(ticket.UID)
	isNew := c == nil
	if isNew {
		c = &modelCall{Ticket: ticket}
		m.calls = append(m.calls, c)
	}
	m.sort()
	if c.holds {
		return c, nil
	}
	if c.Provider != ticket.Provider {
		woken = m.leave(c)
	}
	if isNew || c.Number != ticket.Number || c.Callee != ticket.Callee || c.Provider != ticket.Provider {
		c.paced = true
	}
	c.Ticket = ticket
	m.forgetLimits()
	return c, woken
}

// numberQueue are who is in a provider's line.
func (m *model) line(provider types.NamespacedName) []*modelCall {
	var line []*modelCall
	for _, c := range m.calls {
		if c.paced && c.Provider == provider {
			line = append(line, c)
		}
	}
	return line
}

// leaveRate removes a call from its provider's line, and returns the new first one, if it has a time.
func (m *model) leave(c *modelCall) []types.NamespacedName {
	before := m.line(c.Provider)
	c.paced = false
	after := m.line(c.Provider)
	if len(after) == 0 {
		m.begun[c.Provider] = false
	}
	if len(after) > 0 && before[0] == c && after[0].told {
		return []types.NamespacedName{after[0].Key}
	}
	return nil
}

// paceAhead counts who is before a call in its provider's line.
func (m *model) paceAhead(c *modelCall) int {
	n := 0
	for _, other := range m.calls {
		if other == c {
			break
		}
		if other.paced && other.Provider == c.Provider {
			n++
		}
	}
	return n
}

// sort puts the oldest first, then by name.
func (m *model) sort() {
	sort.Slice(m.calls, func(i, j int) bool {
		a, b := m.calls[i], m.calls[j]
		if !a.Created.Equal(b.Created) {
			return a.Created.Before(b.Created)
		}
		return a.Key.String() < b.Key.String()
	})
}

// forgetLimits forgets what was said about numbers that nobody uses.
func (m *model) forgetLimits() {
	for number := range m.limits {
		if !slices.ContainsFunc(m.calls, func(c *modelCall) bool { return c.Number == number }) {
			delete(m.limits, number)
		}
	}
}

func (m *model) holders(number string) int {
	n := 0
	for _, c := range m.calls {
		if c.holds && c.Number == number {
			n++
		}
	}
	return n
}

func (m *model) calleeTaken(c *modelCall) bool {
	return c.Callee != "" && slices.ContainsFunc(m.calls, func(other *modelCall) bool {
		return other.holds && other.Callee == c.Callee
	})
}

// before counts who waits for the same number before c, and how many of them could use a slot now.
func (m *model) before(c *modelCall) (all, due int) {
	for _, other := range m.calls {
		if other == c {
			break
		}
		if other.holds || other.Number != c.Number {
			continue
		}
		all++
		if !m.calleeTaken(other) {
			due++
		}
	}
	return all, due
}

// room tells whether c's number has a slot that no older call is due.
func (m *model) room(c *modelCall) bool {
	_, due := m.before(c)
	return c.Number == "" || m.holders(c.Number)+due < m.limits[c.Number]
}

func (m *model) admit(ticket Ticket, limits Limits, now time.Time) (Decision, []types.NamespacedName) {
	woken, current := m.succeed(ticket)
	if !current {
		return Decision{Reason: Outdated}, nil
	}
	c, more := m.know(ticket)
	woken = union(woken, more)
	if c.holds {
		return Decision{Admitted: true}, woken
	}
	decision := m.decide(c, limits, now)
	c.holds, c.told = decision.Admitted, decision.Reason == Pace
	if c.told {
		c.paced = true
	} else {
		woken = union(woken, m.leave(c))
	}
	if decision.Admitted && limits.PerSecond > 0 {
		m.free[c.Provider] = now.Add(time.Second / time.Duration(limits.PerSecond))
	}
	return decision, woken
}

func union(a, b []types.NamespacedName) []types.NamespacedName {
	for _, key := range b {
		if !slices.Contains(a, key) {
			a = append(a, key)
		}
	}
	return a
}

func (m *model) decide(c *modelCall, limits Limits, now time.Time) Decision {
	ahead := 0
	if c.Number != "" {
		m.limits[c.Number] = limits.Concurrent
		ahead, _ = m.before(c)
	}
	switch {
	case !m.room(c):
		return Decision{Reason: Capacity, Ahead: ahead}
	case m.calleeTaken(c):
		if c.Pair {
			return Decision{Reason: Leg, Ahead: ahead}
		}
		return Decision{Reason: Callee, Ahead: ahead}
	case limits.PerSecond == 0:
		return Decision{Admitted: true}
	}
	if !m.begun[c.Provider] && m.free[c.Provider].Before(now) {
		m.free[c.Provider] = now
	}
	m.begun[c.Provider] = true
	ahead = m.paceAhead(c)
	turn := m.free[c.Provider].Add(time.Duration(ahead) * time.Second / time.Duration(limits.PerSecond))
	if now.Before(turn) {
		return Decision{Reason: Pace, Ahead: ahead, RetryAfter: turn.Sub(now)}
	}
	return Decision{Admitted: true}
}

func (m *model) hold(ticket Ticket) []types.NamespacedName {
	woken, current := m.succeed(ticket)
	if current {
		if c := m.find(ticket.UID); c != nil && c.holds && c.Number != ticket.Number && ticket.Version >= c.Version {
			woken = union(woken, m.drop(c))
		}
		c, more := m.know(ticket)
		woken = union(woken, more)
		if was := c.Callee; c.holds && ticket.Callee == "" {
			c.Callee = ""
			woken = union(woken, m.nextForCallee(was))
		}
		woken = union(woken, m.leave(c))
		c.holds, c.told, c.Version = true, false, max(c.Version, ticket.Version)
	}
	return woken
}

func (m *model) wait(ticket Ticket) []types.NamespacedName {
	woken, current := m.succeed(ticket)
	if current {
		_, more := m.know(ticket)
		woken = union(woken, more)
	}
	return woken
}

func (m *model) release(ticket Ticket) []types.NamespacedName {
	woken, _ := m.succeed(ticket)
	if c := m.find(ticket.UID); c != nil && ticket.Version >= c.Version {
		woken = append(woken, m.drop(c)...)
	}
	return woken
}

func (m *model) releaseKey(key types.NamespacedName) []types.NamespacedName {
	for _, c := range m.calls {
		if c.Key == key {
			return m.drop(c)
		}
	}
	return nil
}

// drop returns the calls that may go now: the first of the number's line, the first for the callee, and the first of the
// provider's line.
func (m *model) drop(gone *modelCall) []types.NamespacedName {
	first := m.leave(gone)
	m.calls = slices.DeleteFunc(m.calls, func(c *modelCall) bool { return c == gone })
	var woken []types.NamespacedName
	for _, c := range m.calls {
		if !c.holds && gone.Number != "" && c.Number == gone.Number && !m.calleeTaken(c) && m.room(c) && !c.told {
			woken = append(woken, c.Key)
		}
	}
	woken = union(woken, m.nextForCallee(gone.Callee))
	m.forgetLimits()
	return union(woken, first)
}

// nextForCallee is the next call for a callee.
func (m *model) nextForCallee(callee string) []types.NamespacedName {
	for _, c := range m.calls {
		if !c.holds && callee != "" && c.Callee == callee && !m.calleeTaken(c) && m.room(c) {
			return []types.NamespacedName{c.Key}
		}
	}
	return nil
}

// pair runs the queue and the model side by side.
type pair struct {
	t     *testing.T
	queue *Queue
	model *model
	now   time.Time
	// nextPaced is until when each provider's last paced admission keeps the next one waiting.
	nextPaced map[types.NamespacedName]time.Time
	admitted  int
	outdated  int
	// lives counts how often each of the population was created, version what was seen of any of them.
	lives   [population]int
	version uint64
}

func newPair(t *testing.T) *pair {
	return &pair{t: t, queue: New(), model: newModel(), now: epoch, nextPaced: map[types.NamespacedName]time.Time{}}
}

func (p *pair) admit(ticket Ticket, limits Limits) (Decision, []types.NamespacedName) {
	p.t.Helper()
	before := p.queueWaits(ticket)
	got, woken := p.queue.Admit(ticket, limits, p.now)
	want, wantWoken := p.model.admit(ticket, limits, p.now)
	if got != want {
		p.t.Fatalf("admit %s: the model says %+v, the queue %+v", ticket.UID, want, got)
	}
	p.sameWoken("admit", ticket, wantWoken, woken)
	if got.Admitted && before {
		p.checkAdmission(ticket, limits)
	}
	if got.Reason == Outdated {
		p.outdated++
	}
	return got, woken
}

func (p *pair) hold(ticket Ticket) {
	p.t.Helper()
	p.sameWoken("hold", ticket, p.model.hold(ticket), p.queue.MarkPlaced(ticket))
}

func (p *pair) wait(ticket Ticket) {
	p.t.Helper()
	p.sameWoken("wait", ticket, p.model.wait(ticket), p.queue.Wait(ticket))
}

func (p *pair) sameWoken(what string, ticket Ticket, want, got []types.NamespacedName) {
	p.t.Helper()
	if !slices.Equal(want, got) {
		p.t.Fatalf("%s %s wakes %s, want %s", what, ticket.UID, got, want)
	}
}

// queueWaits tells whether a ticket is no holder.
func (p *pair) queueWaits(ticket Ticket) bool {
	known := p.model.find(ticket.UID)
	return known == nil || !known.holds
}

// checkAdmission checks the rules, each by itself, for a ticket that was let in just now.
func (p *pair) checkAdmission(ticket Ticket, limits Limits) {
	p.t.Helper()
	p.admitted++
	holders, sameCallee := 0, 0
	for _, e := range p.queue.tickets {
		if e.holds && e.Number == ticket.Number {
			holders++
		}
		if e.holds && e.Callee == ticket.Callee {
			sameCallee++
		}
	}
	switch {
	case ticket.Number != "" && holders > limits.Concurrent:
		p.t.Fatalf("%d calls use %s, the limit is %d", holders, ticket.Number, limits.Concurrent)
	case ticket.Callee != "" && sameCallee > 1:
		p.t.Fatalf("%d calls to %s at once", sameCallee, ticket.Callee)
	case ticket.Number != "" && holders+p.olderDue(ticket) > limits.Concurrent:
		p.t.Fatalf("%s took the slot of an older one", ticket.UID)
	case limits.PerSecond > 0 && p.now.Before(p.nextPaced[ticket.Provider]):
		p.t.Fatalf("%s was let in at %s, before its provider may place the next", ticket.UID, p.now)
	}
	if limits.PerSecond > 0 {
		p.nextPaced[ticket.Provider] = p.now.Add(time.Second / time.Duration(limits.PerSecond))
	}
}

// olderDue counts the older waiters for the same number whose callee is free.
func (p *pair) olderDue(ticket Ticket) int {
	due := 0
	for _, e := range p.queue.tickets {
		older := e.Created.Before(ticket.Created) || e.Created.Equal(ticket.Created) && e.Key.String() < ticket.Key.String()
		if !e.holds && older && e.Number == ticket.Number && !p.model.calleeTaken(&modelCall{Ticket: e.Ticket}) {
			due++
		}
	}
	return due
}

// release releases by UID or by key, and checks that newly admissible calls are woken.
func (p *pair) release(ticket Ticket, byKey bool) []types.NamespacedName {
	p.t.Helper()
	could := p.mayGo()
	var want, got []types.NamespacedName
	if byKey {
		want, got = p.model.releaseKey(ticket.Key), p.queue.ReleaseKey(ticket.Key)
	} else {
		want, got = p.model.release(ticket), p.queue.Release(ticket)
	}
	p.sameWoken("release", ticket, want, got)
	p.checkWoken(could, got)
	return got
}

// mayGo are the waiters that only the pace could hold up. Who waits for that has its time.
func (p *pair) mayGo() map[types.NamespacedName]string {
	can := map[types.NamespacedName]string{}
	for _, c := range p.model.calls {
		if !c.holds && !p.model.calleeTaken(c) && p.model.room(c) {
			can[c.Key] = c.Callee
		}
	}
	return can
}

// checkWoken checks that no waiter is forgotten. Of several for one callee one is enough: the others go after it.
func (p *pair) checkWoken(could map[types.NamespacedName]string, woken []types.NamespacedName) {
	p.t.Helper()
	callees := map[string]bool{}
	can := p.mayGo()
	for _, key := range woken {
		callee, ok := can[key]
		if !ok && !p.told(key) {
			p.t.Fatalf("%s was woken for nothing", key)
		}
		callees[callee] = true
	}
	for key, callee := range can {
		_, before := could[key]
		if !before && !p.told(key) && !slices.Contains(woken, key) && (callee == "" || !callees[callee]) {
			p.t.Fatalf("%s may go now, and nobody woke it", key)
		}
	}
}

func (p *pair) told(key types.NamespacedName) bool {
	return slices.ContainsFunc(p.model.calls, func(c *modelCall) bool { return c.Key == key && c.told })
}

// checkLines checks that each ticket is a holder or a waiter, in one line, in order.
func (p *pair) checkLines() {
	p.t.Helper()
	waiting := 0
	for number, l := range p.queue.lines {
		if !slices.IsSortedFunc(l.waiters, before) {
			p.t.Fatalf("the line of %s is out of order", number)
		}
		for _, e := range l.waiters {
			if e.holds || e.Number != number {
				p.t.Fatalf("%s stands in the line of %s", e.UID, number)
			}
		}
		if l.holders != p.model.holders(number) {
			p.t.Fatalf("%d hold a slot of %s, counted as %d", p.model.holders(number), number, l.holders)
		}
		waiting += len(l.waiters)
	}
	for _, c := range p.model.calls {
		if !c.holds && c.Number != "" {
			waiting--
		}
	}
	p.checkPaces()
	if waiting != 0 || len(p.queue.tickets) != len(p.model.calls) || len(p.queue.keys) != len(p.model.calls) {
		p.t.Fatalf("%d waiters too many, %d tickets of %d, with %d names", waiting, len(p.queue.tickets), len(p.model.calls), len(p.queue.keys))
	}
}

// checkPaces checks that each provider's line is who it should be, in order.
func (p *pair) checkPaces() {
	p.t.Helper()
	inLine := 0
	for provider, known := range p.queue.paces {
		var want, got []types.UID
		for _, c := range p.model.line(provider) {
			want = append(want, c.UID)
		}
		for _, e := range known.waiters {
			got = append(got, e.UID)
		}
		if !slices.Equal(want, got) {
			p.t.Fatalf("in the line of %s are %s, want %s", provider, got, want)
		}
		inLine += len(got)
	}
	for _, c := range p.model.calls {
		if c.paced {
			inLine--
		}
	}
	if inLine != 0 {
		p.t.Fatalf("%d are missing in the providers' lines", -inLine)
	}
}

// The world of random tests is small, so that tickets meet.
const population = 24

var (
	numbers = []string{numberA, numberB, "+442079460001", ""}
	callees = []string{ann, bob, cat, "+14255550125", "+14255550126", ""}
)

// randomTicket is the same each time for the same i and variant; a variant is a Call that was changed.
func randomTicket(i, variant int) Ticket {
	i %= population
	ticket := call(fmt.Sprintf("t%02d", i), i*7%10, numbers[(i+variant)%len(numbers)], callees[(i*5+variant)%len(callees)])
	ticket.Provider.Name = fmt.Sprintf("p%d", (i+variant)%2)
	return ticket
}

// seen is one of the population as it is now, or as it was some time ago: of an earlier life, perhaps.
func (p *pair) seen(which, how byte) Ticket {
	i := int(which) % population
	ticket := randomTicket(i, int(how)/100)
	p.version++
	life, version := p.lives[i], p.version
	if how%8 == 7 {
		life, version = max(life-int(how)/8%2, 0), version-min(version, uint64(how))/2
	}
	ticket.UID += types.UID(fmt.Sprintf("-%d", life))
	ticket.Created = ticket.Created.Add(time.Duration(life) * time.Second)
	ticket.Version = version
	return ticket
}

// do does what three bytes say.
func (p *pair) do(what, which, how byte) {
	p.t.Helper()
	ticket := p.seen(which, how)
	limits := Limits{Concurrent: int(how) % 4, PerSecond: int(how) / 4 % 3}
	switch what % 9 {
	case 0, 1, 2:
		p.admit(ticket, limits)
	case 3:
		p.hold(ticket)
	case 4:
		p.wait(ticket)
	case 5, 6:
		p.release(ticket, what%9 == 6)
	case 7:
		p.now = p.now.Add(time.Duration(how) * 10 * time.Millisecond)
	case 8:
		p.lives[int(which)%population]++
	}
	p.checkLines()
}

func TestQueueAgainstModel(t *testing.T) {
	const seed = 20261123
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	admitted, outdated := 0, 0
	for range 100 {
		p := newPair(t)
		for range 300 {
			p.do(byte(random.IntN(256)), byte(random.IntN(256)), byte(random.IntN(256)))
		}
		admitted, outdated = admitted+p.admitted, outdated+p.outdated
	}
	t.Logf("%d admissions, %d of a Call that was gone", admitted, outdated)
	if admitted < 1000 || outdated < 100 {
		t.Errorf("only %d tickets were let in and %d were outdated, so the test looks at too little", admitted, outdated)
	}
}

func FuzzQueue(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 5, 1, 0, 9, 1, 5, 1, 0})
	f.Add([]byte{3, 2, 0, 4, 6, 0, 0, 6, 5, 7, 0, 99, 0, 6, 5, 6, 2, 0})
	f.Add([]byte{4, 1, 0, 4, 1, 100, 0, 1, 202, 5, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		const longest = 200 * 3
		p := newPair(t)
		for data = data[:min(len(data), longest)]; len(data) >= 3; data = data[3:] {
			p.do(data[0], data[1], data[2])
		}
	})
}

// TestNobodyStarves lets every call ask once, and afterwards only those that are woken or have a time. Each call ends
// some time after it was admitted. All of them must get their turn.
func TestNobodyStarves(t *testing.T) {
	for seed := range uint64(200) {
		drain(t, rand.New(rand.NewPCG(seed, 0)), seed)
	}
}

func drain(t *testing.T, random *rand.Rand, seed uint64) {
	t.Helper()
	p := newPair(t)
	byKey := map[types.NamespacedName]Ticket{}
	var asking []types.NamespacedName
	for i := range population {
		ticket := randomTicket(i, 0)
		byKey[ticket.Key] = ticket
		asking = append(asking, ticket.Key)
		p.wait(ticket)
	}
	var live []Ticket
	limits := Limits{Concurrent: 1 + random.IntN(3), PerSecond: random.IntN(3)}
	for steps := 0; len(asking)+len(live) > 0; steps++ {
		if steps > 100*population {
			t.Fatalf("seed %d: after %d steps %d still ask", seed, steps, len(asking))
		}
		if len(live) > 0 && (len(asking) == 0 || random.IntN(2) == 0) {
			over := pick(random, &live)
			delete(byKey, over.Key)
			asking = append(asking, p.release(over, false)...)
			continue
		}
		// Who was woken twice may be over by the second time.
		ticket, ok := byKey[pick(random, &asking)]
		if !ok {
			continue
		}
		decision, woken := p.admit(ticket, limits)
		asking = append(asking, woken...)
		if decision.Admitted && !slices.Contains(live, ticket) {
			live = append(live, ticket)
		}
		if decision.RetryAfter > 0 {
			p.now = p.now.Add(decision.RetryAfter)
			asking = append(asking, ticket.Key)
		}
	}
	if p.admitted != population {
		t.Fatalf("seed %d: %d of %d were let in, and nobody asks any more", seed, p.admitted, population)
	}
}

// pick takes a random one out of a list.
func pick[T any](random *rand.Rand, list *[]T) T {
	i := random.IntN(len(*list))
	picked := (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	return picked
}

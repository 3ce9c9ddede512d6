// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"container/heap"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callinghours"
)

const (
	// startPatience is how long a Call may wait to be dialled. Then it expires, and its target's turn comes again.
	startPatience = time.Minute
	// paceGroup is the time within which calls start together when there are more of them than one can tell apart.
	paceGroup = 100 * time.Millisecond
)

// Plan knows the state of each target, and decides whom to call next. It does nothing: what it decides has to be written first. No
// decision looks at all targets.
type Plan struct {
	lines []Line
	zones []v1alpha1.TimeZone
	spec  *v1alpha1.DialOutSpec
	hours *callinghours.Hours

	// ready are targets that may be called in the calling hours of their time zone, waits those whose next attempt is not due.
	ready map[v1alpha1.TimeZone]*indexes
	waits waits
	// begun is the first target that is not done.
	begun int
	// paced is when the next call may start, lastStart when the last one did before the plan was made, calls how many there were.
	paced, lastStart time.Time
	calls            int

	counts                 v1alpha1.DialOutCounts
	outcomes, flowOutcomes map[string]int
	done                   Intervals
	accepted               int
	changed                map[int]bool
}

// NewPlan makes a plan of what became of the targets, and their time zones. Nobody is called before SetSpec.
func NewPlan(lines []Line, zones []v1alpha1.TimeZone) *Plan {
	p := &Plan{
		lines: lines, zones: zones, ready: map[v1alpha1.TimeZone]*indexes{}, accepted: -1,
		outcomes: map[string]int{}, flowOutcomes: map[string]int{}, changed: map[int]bool{},
	}
	p.counts.Total = int32(len(lines))
	for i := range lines {
		line := &lines[i]
		p.calls += line.Calls
		p.count(line.State, 1)
		p.countOutcome(line.Last(), 1)
		if line.Accepted {
			p.noteAccepted(i)
		}
		if line.Start != nil && line.Start.After(p.lastStart) {
			p.lastStart = *line.Start
		}
		switch line.State {
		case Pending:
			p.enqueue(i)
		case Waiting:
			heap.Push(&p.waits, wait{*line.Next, i})
		case Done:
			p.done.Add(i)
		}
	}
	return p
}

// SetSpec sets what holds from now on. An error says what is wrong with the calling hours; nobody is called then.
func (p *Plan) SetSpec(spec *v1alpha1.DialOutSpec) error {
	if p.spec == nil {
		defer p.resume()
	}
	p.spec, p.hours = spec, nil
	if spec.CallingHours == nil {
		return nil
	}
	if _, err := callinghours.Zone(string(spec.CallingHours.TimeZone)); err != nil {
		return err
	}
	hours, err := callinghours.New(spec.CallingHours.Windows)
	p.hours = hours
	return err
}

// Line is what became of a target.
func (p *Plan) Line(index int) *Line { return &p.lines[index] }

// Lines are what became of some targets.
func (p *Plan) Lines(first, count int) []Line { return p.lines[first : first+count] }

// Calling are the targets that are being called.
func (p *Plan) Calling() int { return int(p.counts.Calling) }

// Accepted is the target that accepted first, -1 if nobody has.
func (p *Plan) Accepted() int { return p.accepted }

// Finished tells whether every target is done.
func (p *Plan) Finished() bool { return p.counts.Done == p.counts.Total }

// TakeChanged returns the targets whose lines have changed since the last time.
func (p *Plan) TakeChanged() map[int]bool {
	changed := p.changed
	p.changed = map[int]bool{}
	return changed
}

// Report is what is known of the last Call to a target.
type Report struct {
	// Index is the target, Call the number of the Call, Name its name.
	Index, Call int
	Name        string
	// Dialled says that the callee may have been rung.
	Dialled bool
	// Connected is when somebody answered.
	Connected *time.Time
	// FlowOutcome is how the flow ended, if it has.
	FlowOutcome string
	// Over says that the Call is over, as Outcome, at End.
	Over    bool
	Outcome v1alpha1.CallOutcome
	End     time.Time
	// Withdrawn says that the DialOut itself ended the Call.
	Withdrawn bool
}

// Heed takes in what became of a Call.
func (p *Plan) Heed(r Report, now time.Time) {
	line := &p.lines[r.Index]
	if line.State != Calling || line.Calls != r.Call {
		return
	}
	if !line.Accepted && r.Connected != nil && p.accepts(r.FlowOutcome) {
		line.Accepted = true
		p.changed[r.Index] = true
		p.noteAccepted(r.Index)
	}
	if !r.Over {
		return
	}
	p.changed[r.Index] = true
	undialled := !r.Dialled && r.Outcome == v1alpha1.OutcomeCancelled
	if r.Outcome == v1alpha1.OutcomeExpired || undialled && r.Withdrawn {
		p.queueAgain(r.Index, now)
		return
	}
	p.record(line, r, now)
	if undialled {
		// Somebody does not want this target called.
		p.set(r.Index, Done)
		return
	}
	line.Counted++
	pause, again := p.again(line, r)
	if !again {
		p.set(r.Index, Done)
		return
	}
	p.queueAgain(r.Index, line.Last().End.Add(pause))
}

// record adds an attempt to a line. The service's clock may be wrong: the attempt is between its start and now.
func (p *Plan) record(line *Line, r Report, now time.Time) {
	attempt := Attempt{Call: r.Name, Start: *line.Start, End: stamp(r.End), Outcome: string(r.Outcome)}
	if attempt.End.Before(attempt.Start) {
		attempt.End = attempt.Start
	}
	if attempt.End.After(now) {
		attempt.End = stamp(now)
	}
	if r.Connected != nil {
		connected := stamp(*r.Connected)
		attempt.Connected, attempt.FlowOutcome = &connected, r.FlowOutcome
	}
	p.countOutcome(line.Last(), -1)
	line.Attempts = append(line.Attempts, attempt)
	line.Attempts = line.Attempts[max(0, len(line.Attempts)-MaxAttemptsKept):]
	p.countOutcome(&attempt, 1)
}

// queueAgain has the target's turn come again, from a time on.
func (p *Plan) queueAgain(index int, from time.Time) {
	line := &p.lines[index]
	if line.Counted == 0 {
		p.set(index, Pending)
		p.enqueue(index)
		return
	}
	from = stamp(from)
	line.Next = &from
	p.set(index, Waiting)
	heap.Push(&p.waits, wait{from, index})
}

// again tells whether a target is called again after a call, and how long after its end.
func (p *Plan) again(line *Line, r Report) (time.Duration, bool) {
	if line.Accepted || line.Counted >= p.spec.AttemptLimit() {
		return 0, false
	}
	if r.Withdrawn && r.Outcome == v1alpha1.OutcomeCancelled {
		// It was to be ended before it was dialled, and rang for a moment.
		return v1alpha1.DefaultAttemptPause, true
	}
	if p.spec.Attempts != nil {
		for i := range p.spec.Attempts.Rules {
			if rule := &p.spec.Attempts.Rules[i]; matches(rule, r) {
				return pauseOf(rule), rule.Action != v1alpha1.AttemptStop
			}
		}
	}
	switch r.Outcome {
	case v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeBusy, v1alpha1.OutcomeFailed:
		return v1alpha1.DefaultAttemptPause, true
	default:
		return 0, false
	}
}

func matches(rule *v1alpha1.AttemptRule, r Report) bool {
	for _, outcome := range rule.Outcomes {
		if outcome == r.Outcome {
			return true
		}
	}
	for _, outcome := range rule.FlowOutcomes {
		if r.Connected != nil && string(outcome) == r.FlowOutcome {
			return true
		}
	}
	return false
}

func pauseOf(rule *v1alpha1.AttemptRule) time.Duration {
	if rule.Pause == nil {
		return v1alpha1.DefaultAttemptPause
	}
	return rule.Pause.Duration
}

func (p *Plan) accepts(flowOutcome string) bool {
	for _, outcome := range p.spec.AcceptedFlowOutcomes {
		if string(outcome) == flowOutcome {
			return true
		}
	}
	return false
}

// noteAccepted keeps the first one of whom it is known.
func (p *Plan) noteAccepted(index int) {
	p.counts.Accepted++
	if p.accepted < 0 {
		p.accepted = index
	}
}

// WaitsFor says why no more calls are started.
type WaitsFor string

// What a plan waits for.
const (
	// WaitsForNothing says that nobody is left to call.
	WaitsForNothing WaitsFor = ""
	// WaitsForCalls says that as many calls are under way as may be.
	WaitsForCalls WaitsFor = "Calls"
	// WaitsForPace says that the next call would be too soon after the last one.
	WaitsForPace WaitsFor = "Pace"
	// WaitsForHours says that it is outside the calling hours of those that are left.
	WaitsForHours WaitsFor = "Hours"
	// WaitsForAttempt says that those that are left wait for their next attempt.
	WaitsForAttempt WaitsFor = "Attempt"
)

// Started is what Start decided.
type Started struct {
	// Targets are to be called now.
	Targets []int
	// Next is when more may be started; zero if that depends on the calls that are under way.
	Next time.Time
	// For is why no more are started now.
	For WaitsFor
}

// Start begins calls to at most this many targets: their lines say so from now on. No call starts after the deadline, if there is one.
func (p *Plan) Start(now time.Time, deadline *time.Time, most int) Started {
	p.release(now)
	var started Started
	if deadline != nil && !now.Before(*deadline) {
		return started.because(WaitsForNothing, *deadline)
	}
	for len(started.Targets) < most {
		if p.Calling() >= p.spec.MaxParallel() {
			return started.because(WaitsForCalls, time.Time{})
		}
		next, until := p.choose(now)
		if next.index < 0 {
			return started.because(next.waitsFor, next.at)
		}
		if now.Before(p.paced) {
			return started.because(WaitsForPace, p.paced)
		}
		if deadline != nil && (until.IsZero() || deadline.Before(until)) {
			until = *deadline
		}
		p.begin(next.index, now, until)
		started.Targets = append(started.Targets, next.index)
	}
	return started.because(WaitsForPace, now)
}

func (s Started) because(reason WaitsFor, next time.Time) Started {
	s.For, s.Next = reason, next
	return s
}

// choice is the next target or, with index -1, what to wait for.
type choice struct {
	index    int
	waitsFor WaitsFor
	at       time.Time
}

// choose is the target whose turn it is, and when its calling hours end; zero is never.
func (p *Plan) choose(now time.Time) (choice, time.Time) {
	if p.spec.Sequential() {
		return p.chooseSequential(now)
	}
	best := choice{index: -1}
	var bestUntil time.Time
	if len(p.waits) > 0 {
		best.waitsFor, best.at = WaitsForAttempt, p.waits[0].at
	}
	for zone, queue := range p.ready {
		if len(*queue) == 0 {
			continue
		}
		open, until := p.open(zone, now)
		switch first := (*queue)[0]; {
		case open && (best.index < 0 || first < best.index):
			best.index, bestUntil = first, until
		case !open && best.index < 0 && (best.at.IsZero() || until.Before(best.at)):
			best.waitsFor, best.at = WaitsForHours, until
		}
	}
	if best.index < 0 && best.waitsFor == WaitsForNothing && p.Calling() > 0 {
		best.waitsFor = WaitsForCalls
	}
	return best, bestUntil
}

// chooseSequential: all attempts of a target are over before the next one begins.
func (p *Plan) chooseSequential(now time.Time) (choice, time.Time) {
	for p.begun < len(p.lines) && p.lines[p.begun].State == Done {
		p.begun++
	}
	if p.begun == len(p.lines) {
		return choice{index: -1}, time.Time{}
	}
	line := &p.lines[p.begun]
	open, until := p.open(p.zones[p.begun], now)
	switch {
	case line.State == Calling:
		return choice{index: -1, waitsFor: WaitsForCalls}, time.Time{}
	case line.State == Waiting && now.Before(*line.Next):
		return choice{index: -1, waitsFor: WaitsForAttempt, at: *line.Next}, time.Time{}
	case !open:
		return choice{index: -1, waitsFor: WaitsForHours, at: until}, time.Time{}
	default:
		return choice{index: p.begun}, until
	}
}

// open tells whether calls may start in a time zone, and when that changes.
func (p *Plan) open(zone v1alpha1.TimeZone, now time.Time) (open bool, until time.Time) {
	if p.spec.CallingHours == nil {
		return true, time.Time{}
	}
	if zone == "" {
		zone = p.spec.CallingHours.TimeZone
	}
	location, err := callinghours.Zone(string(zone))
	if err != nil || p.hours == nil {
		// The list was read with other time zones than there are now.
		return false, now.Add(time.Hour)
	}
	return p.hours.Open(now, location)
}

// begin has a target called.
func (p *Plan) begin(index int, now, until time.Time) {
	line := &p.lines[index]
	start := stamp(now)
	patience := startPatience
	if !until.IsZero() {
		patience = min(patience, until.Sub(start.Truncate(time.Second)))
	}
	line.Calls++
	line.Start, line.StartSeconds, line.Next = &start, max(1, int64(patience/time.Second)), nil
	line.From = ""
	if from := p.spec.From; len(from) > 0 {
		line.From = string(from[p.calls%len(from)])
	}
	p.calls++
	p.set(index, Calling)
	p.changed[index] = true
	if queue := p.ready[p.zones[index]]; !p.spec.Sequential() && queue != nil {
		heap.Pop(queue)
	}
	p.pace(now)
}

// pace sets when the next call may start.
func (p *Plan) pace(now time.Time) {
	every := p.interval()
	if every == 0 {
		return
	}
	earliest := now
	if every < paceGroup {
		earliest = now.Add(-paceGroup)
	}
	if p.paced.Before(earliest) {
		p.paced = earliest
	}
	p.paced = p.paced.Add(every)
}

// interval is the time between the starts of two calls.
func (p *Plan) interval() time.Duration {
	if p.spec.CallsPerSecond == nil {
		return 0
	}
	return time.Duration(float64(time.Second) / p.spec.CallsPerSecond.AsApproximateFloat64())
}

// resume keeps the pace of an earlier process, which started its last call at the latest start in the lines.
func (p *Plan) resume() {
	if !p.lastStart.IsZero() {
		p.paced = p.lastStart.Add(p.interval())
	}
}

// release makes targets ready whose next attempt is due.
func (p *Plan) release(now time.Time) {
	for len(p.waits) > 0 && !now.Before(p.waits[0].at) {
		p.enqueue(heap.Pop(&p.waits).(wait).index)
	}
}

func (p *Plan) enqueue(index int) {
	queue := p.ready[p.zones[index]]
	if queue == nil {
		queue = &indexes{}
		p.ready[p.zones[index]] = queue
	}
	heap.Push(queue, index)
}

func (p *Plan) set(index int, state State) {
	line := &p.lines[index]
	p.count(line.State, -1)
	line.State = state
	p.count(state, 1)
	if state == Done {
		p.done.Add(index)
	}
}

func (p *Plan) count(state State, by int32) {
	switch state {
	case Pending:
		p.counts.Pending += by
	case Calling:
		p.counts.Calling += by
	case Waiting:
		p.counts.Waiting += by
	case Done:
		p.counts.Done += by
	}
}

func (p *Plan) countOutcome(attempt *Attempt, by int) {
	if attempt == nil {
		return
	}
	p.outcomes[attempt.Outcome] += by
	if attempt.FlowOutcome != "" {
		p.flowOutcomes[attempt.FlowOutcome] += by
	}
}

// stamp is a time as lines have it.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// indexes is a heap of targets, the first of the list on top.
type indexes []int

func (h indexes) Len() int           { return len(h) }
func (h indexes) Less(i, j int) bool { return h[i] < h[j] }
func (h indexes) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *indexes) Push(x any)        { *h = append(*h, x.(int)) }

func (h *indexes) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// wait is a target that waits for a time.
type wait struct {
	at    time.Time
	index int
}

// waits is a heap of waits, the earliest on top.
type waits []wait

func (h waits) Len() int { return len(h) }

func (h waits) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].index < h[j].index
}

func (h waits) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *waits) Push(x any)   { *h = append(*h, x.(wait)) }

func (h *waits) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

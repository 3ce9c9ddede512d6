// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
	"github.com/call-operator/call-operator/test/harness"
)

// aftermath is how long a fault may still be felt after it is over.
const aftermath = 3 * time.Second

// placed is a Call of a course.
type placed struct {
	kind kindOfPhone
	at   time.Time
	// touched says that a user has ended, deleted or moved it.
	touched bool
}

// span is a time; until is zero while it lasts.
type span struct{ from, until time.Time }

// play is one course as it is played.
type play struct {
	*world
	t        *testing.T
	link     *link
	managers []*harness.Manager
	asterisk bool

	calls map[string]*placed
	moves []string
	// faults is how many happened, and broken are the times in which something was broken, by what it was.
	faults     int
	broken     map[string][]span
	violations []string
}

func newPlay(t *testing.T, managers int) *play {
	t.Helper()
	p := &play{t: t, asterisk: true, calls: map[string]*placed{}, broken: map[string][]span{}}
	p.world = newWorld(t, options{concurrent: 1000, before: func(url string) string {
		p.link = newLink(t, url)
		return p.link.server.URL
	}})
	for range managers {
		p.managers = append(p.managers, p.StartManager(t, p.managerOptions()))
	}
	p.AwaitProvider(t)
	return p
}

// run plays a course to its end. Managers that have died at a cut are replaced.
func (p *play) run(c *course) {
	began := time.Now()
	for _, step := range append(c.steps, stage{at: c.length, do: func(*play) {}}) {
		for time.Since(began) < step.at {
			<-time.After(50 * time.Millisecond) // The course says when.
			p.replaceCut()
		}
		step.do(p)
	}
}

// repair ends everything that is broken.
func (p *play) repair() {
	p.setLink(linkFault{})
	p.startAsterisk()
	p.startReceiver()
	for n := range p.managers {
		p.startManager(n)
	}
	p.replaceCut()
}

// breaks notes that something is broken from now on, and works that it no longer is.
func (p *play) breaks(what string) {
	p.faults++
	p.broken[what] = append(p.broken[what], span{from: time.Now()})
}

func (p *play) works(what string) {
	for i := range p.broken[what] {
		if s := &p.broken[what][i]; s.until.IsZero() {
			s.until = time.Now()
		}
	}
}

// sawFault tells whether something was broken between two times.
func (p *play) sawFault(from, until time.Time) bool {
	for _, spans := range p.broken {
		for _, s := range spans {
			if s.from.Before(until) && (s.until.IsZero() || s.until.Add(aftermath).After(from)) {
				return true
			}
		}
	}
	return false
}

// callHeader has the name of the Call in the telephone network's log.
const callHeader = "X-Call"

func (p *play) call(n int, kind kindOfPhone) {
	name := callName(n)
	p.calls[name] = &placed{kind: kind, at: time.Now()}
	p.Create(p.t, p.World.Call(name, number(kind.digits), func(spec *v1alpha1.CallSpec) {
		spec.RingTimeout = &metav1.Duration{Duration: kind.ringTimeout()}
		spec.MaxDuration = &metav1.Duration{Duration: talking}
		spec.Headers = &v1alpha1.OutboundHeaders{SIP: map[string]v1alpha1.HeaderValue{callHeader: v1alpha1.HeaderValue(name)}}
	}))
}

func (p *play) touch(name string) {
	if call := p.calls[name]; call != nil {
		call.touched = true
	}
}

func (p *play) end(name string) {
	p.touch(name)
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: name}}
	must(p.t, client.IgnoreNotFound(p.Client.Patch(p.t.Context(), call, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"state":"Ended"}}`)))))
}

func (p *play) delete(name string) {
	p.touch(name)
	call := &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: name}}
	must(p.t, client.IgnoreNotFound(p.Client.Delete(p.t.Context(), call)))
}

func (p *play) move(from, to string, kind kindOfPhone) {
	if p.calls[from] == nil || p.calls[to] == nil {
		return
	}
	p.touch(from)
	p.touch(to)
	name := fmt.Sprintf("move-%s", from)
	p.moves = append(p.moves, name)
	err := p.Client.Create(p.t.Context(), p.Move(name, from, to, number(kind.digits)))
	if err != nil && !apierrors.IsAlreadyExists(err) {
		p.t.Fatal(err)
	}
}

func managerName(n int) string { return fmt.Sprintf("manager %d", n) }

func (p *play) killManager(n int) {
	if m := p.managers[n]; m != nil {
		p.breaks(managerName(n))
		m.Kill(p.t)
		p.managers[n] = nil
	}
}

func (p *play) startManager(n int) {
	if p.managers[n] == nil {
		p.managers[n] = p.StartManager(p.t, p.managerOptions())
		p.works(managerName(n))
	}
}

// cutManager has a manager die at a request of a name that it has not sent yet.
func (p *play) cutManager(n int, name string, mode harness.Mode, later int) {
	if m := p.managers[n]; m != nil {
		m.Gate.CutAt(harness.Cut{At: harness.Request{Name: name, Nth: m.Gate.Count(name) + later}, Mode: mode})
	}
}

func (p *play) replaceCut() {
	for n, m := range p.managers {
		if m != nil && m.Gate.WasCut() {
			p.breaks(managerName(n))
			m.AwaitDeath(p.t)
			p.managers[n] = nil
			p.startManager(n)
		}
	}
}

const (
	theReceiver = "the receiver"
	theNetwork  = "the network"
	theAsterisk = "Asterisk"
)

func (p *play) stopReceiver() {
	p.breaks(theReceiver)
	p.receiver.Stop(p.t)
	p.receiver = nil
}

func (p *play) killReceiver() {
	p.breaks(theReceiver)
	p.receiver.Kill(p.t)
	p.receiver = nil
}

func (p *play) startReceiver() {
	if p.receiver == nil {
		p.receiver = p.StartReceiver(p.t, nil)
		p.works(theReceiver)
	}
}

func (p *play) stopAsterisk(how pbx.Stopping) {
	p.breaks(theAsterisk)
	p.asterisk = false
	must(p.t, p.Stop(p.t.Context(), how))
}

func (p *play) startAsterisk() {
	if !p.asterisk {
		must(p.t, p.StartAsterisk())
		p.asterisk = true
		p.works(theAsterisk)
	}
}

func (p *play) setLink(fault linkFault) {
	p.link.set(fault)
	if fault == (linkFault{}) {
		p.works(theNetwork)
		return
	}
	p.breaks(theNetwork)
}

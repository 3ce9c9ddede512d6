// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package legs

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

const (
	// Grace is how long after a call was answered or over its leg may still arrive and be taken: an incoming call can be
	// taken while it rings, however late its event is delivered. If the service's clock lags, a leg may also seem to ring
	// this long before its call was sent; anything that rang earlier is over.
	Grace = v1alpha1.IncomingCallRing

	// tolerance is how long after its call was answered or over a leg may seem to have rung. One second of it accounts for
	// times in status, which are whole seconds.
	tolerance = Grace / 2

	// setUp is how long after a redirect the redirected leg may begin to ring. An incoming call rings no longer than this,
	// and in recordings the telephone network takes some seconds.
	setUp = v1alpha1.IncomingCallRing
)

// Leg is an arriving call.
type Leg struct {
	UID types.UID
	// From is the caller, nil when the number is withheld.
	From, To      *v1alpha1.Identifier
	CorrelationID string
	// Rang is when it began to ring.
	Rang time.Time
}

// Call is an outbound Call that was sent to the service.
type Call struct {
	Name          string
	UID           types.UID
	From          *v1alpha1.Caller
	To            *v1alpha1.Identifier
	CorrelationID string
	Labels        map[string]string
	// Sent is when; Connected and Ended are zero until they are known.
	Sent, Connected, Ended time.Time
	// Leg is its arriving leg, "" until one has arrived.
	Leg types.UID
}

// Running is an active call that may invite others.
type Running struct {
	Name          string
	UID           types.UID
	CorrelationID string
}

// Known is the input for pairing a leg.
type Known struct {
	// Calls are all Calls that may have placed the leg.
	Calls []Call
	// Redirects are all legs that routes have redirected to this leg's callee.
	Redirects []Redirect
	// Running are the active calls with the leg's correlation ID.
	Running []Running
}

// State is the result of Pair.
type State string

// The results of Pair.
const (
	// Outside says that no Call placed the leg.
	Outside State = "Outside"
	// Paired says that Pairing.Call did.
	Paired State = "Paired"
	// Invited says that the leg is an invitation into the call of Pairing.Inviter.
	Invited State = "Invited"
	// Pending says that one of the candidates may have, and that the service will report which.
	Pending State = "Pending"
	// Unknown says that one of the candidates may have, and that nothing will report which.
	Unknown State = "Unknown"
)

// Pairing is the origin of a leg.
type Pairing struct {
	State   State
	Call    *Call
	By      v1alpha1.PairedBy
	Inviter *Running
	// Candidates may have placed the leg; OrOutside says that possibly none of them did.
	Candidates []Call
	OrOutside  bool
}

// Pair determines which Call placed a leg.
func Pair(leg Leg, known Known) Pairing {
	if call := find(known.Calls, func(c *Call) bool { return c.Leg != "" && c.Leg == leg.UID }); call != nil {
		return paired(call, byOf(leg, call))
	}
	free := unpaired(known.Calls)
	same := func(c *Call) bool { return sameID(c.CorrelationID, leg.CorrelationID) }
	fits := func(c *Call) bool {
		return party.Equal(c.To, leg.To) && callerOf(c.From, leg.From) != no && !c.rangTooLate(leg.Rang)
	}
	if call := find(free, func(c *Call) bool { return same(c) && fits(c) }); call != nil {
		return paired(call, v1alpha1.PairedByCorrelationID)
	}
	from := slices.DeleteFunc(redirectedWithID(leg, known.Redirects), func(r Redirect) bool { return !party.Equal(r.Target, leg.To) })
	if len(from) > 0 {
		return inherit(from)
	}
	if at := slices.IndexFunc(known.Running, func(r Running) bool { return r.UID != leg.UID && sameID(r.CorrelationID, leg.CorrelationID) }); at >= 0 {
		return Pairing{State: Invited, Inviter: &known.Running[at]}
	}
	return byParties(leg, free, redirectedTo(leg, known.Redirects))
}

// byParties pairs a leg whose correlation ID does not help.
func byParties(leg Leg, calls []Call, redirects []Redirect) Pairing {
	var sure, perhaps []Call
	pending := false
	for i := range calls {
		c := &calls[i]
		if !party.Equal(c.To, leg.To) || c.rangTooLate(leg.Rang) {
			continue
		}
		telephone := leg.To.PhoneNumber != ""
		if !telephone && c.CorrelationID != "" {
			// App users' legs have one ID, and this is another.
			continue
		}
		switch fits := callerOf(c.From, leg.From); {
		case fits == no:
		case fits == yes && telephone && !c.rangTooEarly(leg.Rang):
			sure = append(sure, *c)
		default:
			perhaps = append(perhaps, *c)
			pending = pending || !telephone
		}
	}
	all := slices.Clone(sure)
	sure = slices.DeleteFunc(sure, func(c Call) bool { return c.replaced(all) })
	switch {
	case len(sure) == 1 && len(redirects) == 0:
		return paired(&sure[0], v1alpha1.PairedByParties)
	case len(sure) == 0 && len(perhaps) == 0:
		return inherit(redirects)
	case len(sure) == 0 && pending:
		return Pairing{State: Pending, Candidates: perhaps, OrOutside: true}
	}
	from := inherit(redirects)
	return Pairing{
		State:      Unknown,
		Candidates: slices.Concat(sure, perhaps, from.candidates()),
		OrOutside:  len(sure) == 0 || len(redirects) > 0 && (from.State == Outside || from.OrOutside),
	}
}

// candidates are the Calls that may have placed the leg.
func (p Pairing) candidates() []Call {
	if p.Call != nil {
		return []Call{*p.Call}
	}
	return p.Candidates
}

func paired(call *Call, by v1alpha1.PairedBy) Pairing {
	return Pairing{State: Paired, Call: call, By: by}
}

func byOf(leg Leg, call *Call) v1alpha1.PairedBy {
	if sameID(leg.CorrelationID, call.CorrelationID) {
		return v1alpha1.PairedByCorrelationID
	}
	return v1alpha1.PairedByParties
}

// over is when the call was answered or over, zero while it rings: after that it rings nobody else.
func (c *Call) over() time.Time {
	if c.Connected.IsZero() {
		return c.Ended
	}
	return c.Connected
}

// rangTooLate tells whether the call was answered or over when a leg began to ring.
func (c *Call) rangTooLate(at time.Time) bool {
	return !c.over().IsZero() && at.After(c.over().Add(tolerance))
}

// rangTooEarly tells whether a leg began to ring before the call was sent, or a clock is wrong.
func (c *Call) rangTooEarly(at time.Time) bool { return at.Before(c.Sent.Add(-Grace)) }

// replaced tells whether the call's leg could no longer arrive when another one of the calls was sent.
func (c *Call) replaced(by []Call) bool {
	return !c.over().IsZero() && slices.ContainsFunc(by, func(other Call) bool { return !other.Sent.Before(c.over().Add(Grace)) })
}

func unpaired(calls []Call) []Call {
	return slices.DeleteFunc(slices.Clone(calls), func(c Call) bool { return c.Leg != "" })
}

func find(calls []Call, wanted func(*Call) bool) *Call {
	for i := range calls {
		if wanted(&calls[i]) {
			return &calls[i]
		}
	}
	return nil
}

func sameID(a, b string) bool { return a != "" && a == b }

// answer says whether two parties are the same.
type answer int

const (
	no answer = iota
	perhaps
	yes
)

// callerOf tells whether a Call's caller is the one shown to the callee.
func callerOf(caller *v1alpha1.Caller, seen *v1alpha1.Identifier) answer {
	if caller == nil {
		caller = &v1alpha1.Caller{}
	}
	switch {
	case seen == nil:
		// A caller who withholds the number can be anybody.
		return perhaps
	case seen.PhoneNumber != "":
		return equalOrUnnamed(string(caller.PhoneNumber) == string(seen.PhoneNumber), string(caller.PhoneNumber))
	case seen.CommunicationUser != "":
		return equalOrUnnamed(party.SameID(caller.CommunicationUser, seen.CommunicationUser), caller.CommunicationUser)
	default:
		return no
	}
}

// equalOrUnnamed is perhaps for an unnamed caller: the service chooses one then.
func equalOrUnnamed(equal bool, named string) answer {
	switch {
	case equal:
		return yes
	case named == "":
		return perhaps
	default:
		return no
	}
}

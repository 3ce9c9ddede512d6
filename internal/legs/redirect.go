// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package legs

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

const (
	// maxRedirects is how often one route redirects calls of one caller to one callee within RedirectWindow, not counting
	// calls that our Calls placed. A loop through another namespace or network can only be detected this way: each round
	// arrives as a new call.
	maxRedirects = 10

	// RedirectWindow is how long a redirect matters for calls with other correlation IDs.
	RedirectWindow = time.Minute
)

// Redirect is a leg that a route redirected, or is redirecting.
type Redirect struct {
	Leg
	// Route is the CallRoute's name, "" for spec.action of the Call.
	Route string
	// Target is the redirect target; Sent is when.
	Target *v1alpha1.Identifier
	Sent   time.Time
	// Origin is where the leg came from: Outside, Paired or Unknown.
	Origin Pairing
}

// Stopped says why a route must not redirect a leg again.
type Stopped string

// Why a route must not redirect a leg again.
const (
	// ComesBack says that the route has redirected this same call before.
	ComesBack Stopped = "ComesBack"
	// TooOften says that the route has reached its limit of redirects from the same caller to the same callee.
	TooOften Stopped = "TooOften"
)

// MustNotRedirect are the routes, by name, that must not redirect a leg. It needs all redirects that may belong to the leg
// or to its earlier legs, however they are found.
func MustNotRedirect(leg Leg, pairing Pairing, redirects []Redirect) map[string]Stopped {
	stopped := map[string]Stopped{}
	if leg.From != nil && (pairing.State != Paired || pairing.By == v1alpha1.PairedByRedirect) {
		for route, count := range countOf(leg, redirects) {
			if count >= maxRedirects {
				stopped[route] = TooOften
			}
		}
	}
	seen := map[types.UID]bool{leg.UID: true}
	for next := []Leg{leg}; len(next) > 0; next = next[1:] {
		for _, r := range before(next[0], redirects) {
			if seen[r.UID] {
				continue
			}
			seen[r.UID] = true
			if r.Route != "" {
				stopped[r.Route] = ComesBack
			}
			next = append(next, r.Leg)
		}
	}
	return stopped
}

// countOf counts, by route, the redirects of the same caller and callee. A call placed by one of our Calls is new, and not
// a round of a loop.
func countOf(leg Leg, redirects []Redirect) map[string]int {
	count := map[string]int{}
	for _, r := range redirects {
		own := r.Origin.State == Paired && r.Origin.By != v1alpha1.PairedByRedirect
		if !own && r.UID != leg.UID && r.Route != "" && party.Equal(r.From, leg.From) && party.Equal(r.To, leg.To) &&
			!r.Sent.Before(leg.Rang.Add(-RedirectWindow)) {
			count[r.Route]++
		}
	}
	return count
}

// before are the redirects that a leg may have come through last, or at any time with the same ID.
func before(leg Leg, redirects []Redirect) []Redirect {
	return append(redirectedWithID(leg, redirects), redirectedTo(leg, redirects)...)
}

// redirectedWithID are the redirects that had the leg's correlation ID.
func redirectedWithID(leg Leg, redirects []Redirect) []Redirect {
	var found []Redirect
	for _, r := range redirects {
		if r.UID != leg.UID && sameID(r.CorrelationID, leg.CorrelationID) {
			found = append(found, r)
		}
	}
	return found
}

// redirectedTo are the redirects that match a leg by parties and time. No recording shows whether the target sees the
// first caller or the redirecting number, so both match.
func redirectedTo(leg Leg, redirects []Redirect) []Redirect {
	var found []Redirect
	for _, r := range redirects {
		caller := leg.From == nil || party.Equal(r.From, leg.From) || party.Equal(r.To, leg.From)
		inTime := !leg.Rang.Before(r.Sent.Add(-tolerance)) && !leg.Rang.After(r.Sent.Add(setUp+tolerance))
		if r.UID != leg.UID && party.Equal(r.Target, leg.To) && caller && inTime {
			found = append(found, r)
		}
	}
	return found
}

// inherit is the origin of a leg that arrives through one of the redirects; without redirects it is outside.
func inherit(redirects []Redirect) Pairing {
	if len(redirects) == 0 {
		return Pairing{State: Outside}
	}
	inherited := Pairing{State: Unknown}
	for _, r := range redirects {
		inherited.add(r.Origin)
	}
	switch {
	case len(inherited.Candidates) == 0 && inherited.OrOutside:
		return Pairing{State: Outside}
	case len(inherited.Candidates) == 1 && !inherited.OrOutside:
		return paired(&inherited.Candidates[0], v1alpha1.PairedByRedirect)
	default:
		return inherited
	}
}

// add adds another possible origin of a leg.
func (p *Pairing) add(origin Pairing) {
	for _, c := range origin.candidates() {
		if find(p.Candidates, func(known *Call) bool { return known.UID == c.UID }) == nil {
			p.Candidates = append(p.Candidates, c)
		}
	}
	p.OrOutside = p.OrOutside || origin.OrOutside || origin.State == Outside || origin.State == Invited
}

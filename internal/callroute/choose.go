// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

// Call is an incoming call as input for routes.
type Call struct {
	// From is the caller, nil if and only if the number is withheld; To is the called party.
	From, To *v1alpha1.Identifier
	// OnBehalfOf is the party on whose behalf the called party receives the call; nil if it is its own call.
	OnBehalfOf *v1alpha1.Identifier
	// Headers came with the call.
	Headers *v1alpha1.Headers
	// Origin says which Call in this namespace placed it.
	Origin Origin
	// Redirected are the routes that have redirected this call before, by name.
	Redirected map[string]bool
}

// OriginState says what is known about a call's origin.
type OriginState string

// The states of an origin.
const (
	// OriginOutside says that no Call in this namespace placed the call.
	OriginOutside OriginState = "outside"
	// OriginOurs says that a Call in this namespace did. Labels are its labels.
	OriginOurs OriginState = "ours"
	// OriginOpen says that it is not known yet.
	OriginOpen OriginState = "open"
)

// Origin is where a call came from.
type Origin struct {
	State  OriginState
	Labels map[string]string
	// Candidates are the labels of the Calls that may have placed the call, if that is not known; OrOutside says that
	// possibly none of them did. Without candidates nothing is known.
	Candidates []map[string]string
	OrOutside  bool
}

// Choice is the result of Choose.
type Choice struct {
	// Route takes the call; nil when none does.
	Route *v1alpha1.CallRoute
	// Open names the route whose match depends on an origin that is not known yet. Then Route is nil.
	Open string
	// Stopped names the first route that would take the call, but has redirected it before.
	Stopped string
}

// Choose returns the route that takes a call.
func Choose(routes []*v1alpha1.CallRoute, call Call) Choice {
	choice := Choice{}
	for _, route := range Sorted(routes) {
		if choice.Stopped == "" && redirectedBefore(route, call) && selects(route.Spec.Match, call) == yes {
			choice.Stopped = route.Name
		}
		switch matches(route, call) {
		case yes:
			choice.Route = route
			return choice
		case open:
			choice.Open = route.Name
			return choice
		}
	}
	return choice
}

// Sorted returns the routes in the order in which they are evaluated.
func Sorted(routes []*v1alpha1.CallRoute) []*v1alpha1.CallRoute {
	return slices.SortedFunc(slices.Values(routes), compare)
}

// compare is negative if a is evaluated before b.
func compare(a, b *v1alpha1.CallRoute) int {
	return cmp.Or(cmp.Compare(b.Spec.Priority, a.Spec.Priority), strings.Compare(a.Name, b.Name))
}

// answer is the result of a match for a call.
type answer int

const (
	no answer = iota
	yes
	open
)

func matches(route *v1alpha1.CallRoute, call Call) answer {
	if redirectedBefore(route, call) {
		return no
	}
	return selects(route.Spec.Match, call)
}

// redirectedBefore tells whether a route is a redirect that must not take the call again.
func redirectedBefore(route *v1alpha1.CallRoute, call Call) bool {
	return route.Spec.Action.Redirect != nil && call.Redirected[route.Name]
}

func selects(match *v1alpha1.RouteMatch, call Call) answer {
	if match == nil {
		return yes
	}
	if !matchesAny(match.To, call.To) || !matchesAny(match.From, call.From) {
		return no
	}
	if len(match.OnBehalfOf) > 0 && (call.OnBehalfOf == nil || !matchesAny(match.OnBehalfOf, call.OnBehalfOf)) {
		return no
	}
	if !matchesHeaders(match.Headers, call.Headers) {
		return no
	}
	return matchesOrigin(match.Origin, call.Origin)
}

// matchesAny tells whether one of the matches selects the party. No matches select every party.
func matchesAny(matches []v1alpha1.PartyMatch, id *v1alpha1.Identifier) bool {
	return len(matches) == 0 || slices.ContainsFunc(matches, func(match v1alpha1.PartyMatch) bool { return matchesParty(match, id) })
}

func matchesParty(match v1alpha1.PartyMatch, id *v1alpha1.Identifier) bool {
	switch {
	case match.Exact != nil:
		return party.Equal(match.Exact, id)
	case match.Prefix != "":
		return id != nil && strings.HasPrefix(string(id.PhoneNumber), match.Prefix)
	default:
		return match.Kind == kindOf(id)
	}
}

func kindOf(id *v1alpha1.Identifier) v1alpha1.PartyKind {
	switch {
	case id == nil:
		return v1alpha1.PartyKindAnonymous
	case id.PhoneNumber != "":
		return v1alpha1.PartyKindPhoneNumber
	case id.CommunicationUser != "":
		return v1alpha1.PartyKindCommunicationUser
	case id.TeamsUser != nil:
		return v1alpha1.PartyKindTeamsUser
	case id.TeamsApp != nil:
		return v1alpha1.PartyKindTeamsApp
	case id.TeamsExtensionUser != nil:
		return v1alpha1.PartyKindTeamsExtensionUser
	case id.SIPURI != "":
		return v1alpha1.PartyKindSIPURI
	default:
		return v1alpha1.PartyKindOther
	}
}

func matchesOrigin(match *v1alpha1.OriginMatch, origin Origin) answer {
	if match == nil {
		return yes
	}
	selector, err := metav1.LabelSelectorAsSelector(match.Selector)
	switch {
	case err != nil:
		// Problem reports that on the route.
		return no
	case origin.State == OriginOpen:
		return matchesCandidates(selector, origin)
	case origin.State == OriginOurs && selector.Matches(labels.Set(origin.Labels)):
		return yes
	default:
		return no
	}
}

// matchesCandidates is the result of a selector for a call that one of several Calls placed: the result that all of them
// share.
func matchesCandidates(selector labels.Selector, origin Origin) answer {
	selected := 0
	for _, candidate := range origin.Candidates {
		if selector.Matches(labels.Set(candidate)) {
			selected++
		}
	}
	switch {
	case len(origin.Candidates) == 0:
		return open
	case selected == 0:
		return no
	case selected == len(origin.Candidates) && !origin.OrOutside:
		return yes
	default:
		return open
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	"fmt"
	"math/rand/v2"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	seed   = 20261124
	rounds = 1500
)

// world makes calls and routes of few parties, so that they often meet.
type world struct{ *rand.Rand }

func newWorld(t *testing.T) world {
	t.Logf("seed %d", seed)
	return world{rand.New(rand.NewPCG(seed, 0))}
}

// everyParty has two of each kind, and nobody.
func everyParty() []*v1alpha1.Identifier {
	return []*v1alpha1.Identifier{
		number(sales), number(support), number(london), user(anna), user("8:acs:r_ben"), teamsUser("u"), teamsUser("v"),
		teamsApp("a"), teamsApp("b"), extension("u"), extension("v"), nil,
	}
}

func everyOrigin() []Origin {
	return []Origin{
		outside(), unknownYet(), {State: OriginOurs}, ours("x"), ours("y"),
		oneOf(false, "x", "x"), oneOf(false, "x", "y"), oneOf(true, "x"), oneOf(true, "y", "z"),
	}
}

func (w world) somebody() *v1alpha1.Identifier {
	every := everyParty()
	return every[w.IntN(len(every)-1)]
}

func (w world) partyMatch() v1alpha1.PartyMatch {
	switch w.IntN(3) {
	case 0:
		return exact(w.somebody())
	case 1:
		return prefix([]string{"+", "+1", "+1425", sales, "+44", "+49"}[w.IntN(6)])
	default:
		return kind(kindOf(everyParty()[w.IntN(len(everyParty()))]))
	}
}

func (w world) partyMatches() []v1alpha1.PartyMatch {
	var matches []v1alpha1.PartyMatch
	for range w.IntN(4) {
		matches = append(matches, w.partyMatch())
	}
	return matches
}

func (w world) match() *v1alpha1.RouteMatch {
	if w.IntN(8) == 0 {
		return nil
	}
	match := &v1alpha1.RouteMatch{To: w.partyMatches(), From: w.partyMatches()}
	if selectors := []*metav1.LabelSelector{labelled("x"), labelled("y"), {}, unusable()}; w.IntN(3) == 0 {
		match.Origin = &v1alpha1.OriginMatch{Selector: selectors[w.IntN(len(selectors))]}
	}
	return match
}

func (w world) routes() []*v1alpha1.CallRoute {
	routes := make([]*v1alpha1.CallRoute, 1+w.IntN(5))
	for i := range routes {
		routes[i] = route(fmt.Sprintf("r%d", i), priority(int32(w.IntN(3))))
		if w.IntN(2) == 0 {
			redirectTo(w.somebody())(routes[i])
		}
		routes[i].Spec.Match = w.match()
	}
	w.Shuffle(len(routes), func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
	return routes
}

// eachCall visits every call between the parties.
func eachCall(visit func(Call)) {
	for _, caller := range everyParty() {
		for _, called := range everyParty() {
			for _, origin := range everyOrigin() {
				visit(Call{From: caller, To: called, Origin: origin})
			}
		}
	}
}

func matched(match *v1alpha1.RouteMatch, call Call) answer {
	return matches(&v1alpha1.CallRoute{Spec: v1alpha1.CallRouteSpec{Match: match}}, call)
}

// TestWhatCoversMatchesTheSame: covers never invents a cover.
func TestWhatCoversMatchesTheSame(t *testing.T) {
	t.Parallel()
	w, covered := newWorld(t), 0
	for range rounds {
		a, b := w.match(), w.match()
		if w.IntN(3) == 0 && b != nil && a != nil {
			a.Origin = b.Origin // so that origins do not always differ
		}
		if !covers(a, b) {
			continue
		}
		covered++
		eachCall(func(call Call) {
			if of := matched(b, call); of != no && matched(a, call) != of && matched(a, call) != yes {
				t.Fatalf("%+v covers %+v, and yet matches %+v not", a, b, call)
			}
		})
	}
	if covered < rounds/20 {
		t.Errorf("only %d of %d pairs cover one another, so the test looks at too little", covered, rounds)
	}
}

// TestChooseTakesTheFirstThatMatches, found here without sorting.
func TestChooseTakesTheFirstThatMatches(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t), map[answer]int{}
	for range rounds / 10 {
		routes := w.routes()
		eachCall(func(call Call) {
			call.Redirected = map[string]bool{"r0": w.IntN(2) == 0}
			var first *v1alpha1.CallRoute
			for _, r := range routes {
				earlier := first == nil || r.Spec.Priority > first.Spec.Priority || r.Spec.Priority == first.Spec.Priority && r.Name < first.Name
				if matches(r, call) != no && earlier {
					first = r
				}
			}
			want := choice{}
			if first != nil && matches(first, call) == yes {
				want.Route = first.Name
				seen[yes]++
			} else if first != nil {
				want.Open = first.Name
				seen[open]++
			}
			if got := choiceOf(Choose(routes, call)); got != want {
				t.Fatalf("chose %+v for %+v, want %+v", got, call, want)
			}
		})
	}
	if seen[yes] == 0 || seen[open] == 0 {
		t.Errorf("the test looks at too little: %v", seen)
	}
}

// TestWhoTakesNoCallTakesNoCall follows every call through its redirects: a route that is reported as shadowed
// never takes one, and no call loops forever.
func TestWhoTakesNoCallTakesNoCall(t *testing.T) {
	t.Parallel()
	w, shaded, provider := newWorld(t), 0, owner(sales, support, london)
	for range rounds / 10 {
		routes := w.routes()
		idle := map[string]Finding{}
		for _, r := range routes {
			if found := Problem(r, routes, provider); found.Reason == v1alpha1.ReasonShadowed || found.Reason == v1alpha1.ReasonAmbiguous {
				idle[r.Name] = found
				shaded++
			}
		}
		eachCall(func(call Call) {
			call.Redirected = map[string]bool{}
			for hops := 0; ; hops++ {
				taken := Choose(routes, call).Route
				if taken == nil || taken.Spec.Action.Redirect == nil && idle[taken.Name].Reason == "" {
					return
				}
				if found := idle[taken.Name]; found.Reason != "" || hops > len(routes) {
					t.Fatalf("%s took %+v at hop %d, and yet: %+v", taken.Name, call, hops, found)
				}
				call.Redirected[taken.Name] = true
				call.To = &taken.Spec.Action.Redirect.To
			}
		})
	}
	if shaded < rounds/100 {
		t.Errorf("only %d routes are shadowed, so the test looks at too little", shaded)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callroute

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

const (
	sales   = "+14255550100"
	support = "+14255550101"
	london  = "+442079460123"
	anna    = "8:acs:r_anna"
)

func number(text string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(text)}
}

func user(id string) *v1alpha1.Identifier { return &v1alpha1.Identifier{CommunicationUser: id} }

func teamsUser(id string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: id, Cloud: v1alpha1.TeamsCloudPublic}}
}

func teamsApp(id string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: id, Cloud: v1alpha1.TeamsCloudPublic}}
}

func extension(id string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{
		UserID: id, TenantID: "t", ResourceID: "r", Cloud: v1alpha1.TeamsCloudPublic,
	}}
}

// named is a caller with something else in place of a number.
func named(text string) *v1alpha1.Identifier { return &v1alpha1.Identifier{RawID: "4:" + text} }

func exact(id *v1alpha1.Identifier) v1alpha1.PartyMatch { return v1alpha1.PartyMatch{Exact: id} }

func prefix(text string) v1alpha1.PartyMatch { return v1alpha1.PartyMatch{Prefix: text} }

func kind(k v1alpha1.PartyKind) v1alpha1.PartyMatch { return v1alpha1.PartyMatch{Kind: k} }

// option changes a route.
type option func(*v1alpha1.CallRoute)

// route is a route that answers every call, changed.
func route(name string, options ...option) *v1alpha1.CallRoute {
	made := &v1alpha1.CallRoute{ObjectMeta: metav1.ObjectMeta{Name: name}}
	made.Spec.Action.Answer = &v1alpha1.AnswerAction{}
	for _, change := range options {
		change(made)
	}
	return made
}

func priority(p int32) option { return func(r *v1alpha1.CallRoute) { r.Spec.Priority = p } }

func matchOf(r *v1alpha1.CallRoute) *v1alpha1.RouteMatch {
	if r.Spec.Match == nil {
		r.Spec.Match = &v1alpha1.RouteMatch{}
	}
	return r.Spec.Match
}

func to(matches ...v1alpha1.PartyMatch) option {
	return func(r *v1alpha1.CallRoute) { matchOf(r).To = matches }
}

func from(matches ...v1alpha1.PartyMatch) option {
	return func(r *v1alpha1.CallRoute) { matchOf(r).From = matches }
}

func fromOurs(selector *metav1.LabelSelector) option {
	return func(r *v1alpha1.CallRoute) { matchOf(r).Origin = &v1alpha1.OriginMatch{Selector: selector} }
}

func redirectTo(id *v1alpha1.Identifier) option {
	return func(r *v1alpha1.CallRoute) {
		r.Spec.Action = v1alpha1.RouteAction{Redirect: &v1alpha1.RedirectAction{To: *id}}
	}
}

func labelled(team string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"team": team}}
}

// unusable is a selector that the API server stores and nobody can use.
func unusable() *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "team", Operator: "Near"}}}
}

func outside() Origin { return Origin{State: OriginOutside} }

func unknownYet() Origin { return Origin{State: OriginOpen} }

// oneOf is an origin that is a Call of one of the teams, or perhaps outside.
func oneOf(orOutside bool, teams ...string) Origin {
	origin := Origin{State: OriginOpen, OrOutside: orOutside}
	for _, team := range teams {
		origin.Candidates = append(origin.Candidates, ours(team).Labels)
	}
	return origin
}

func ours(team string) Origin {
	return Origin{State: OriginOurs, Labels: map[string]string{"team": team}}
}

// owner owns the numbers.
func owner(numbers ...string) *v1alpha1.CallProvider {
	provider := &v1alpha1.CallProvider{ObjectMeta: metav1.ObjectMeta{Name: "acs"}}
	for _, n := range numbers {
		provider.Spec.Numbers = append(provider.Spec.Numbers, v1alpha1.OwnedNumber{PhoneNumber: v1alpha1.PhoneNumber(n)})
	}
	return provider
}

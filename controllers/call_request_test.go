// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/party"
)

// parties are one of each kind, as the spec, a person and ACS name them.
var parties = []struct {
	name string
	spec v1alpha1.Identifier
	text string
	want acs.Identifier
}{
	{
		"phone number", v1alpha1.Identifier{PhoneNumber: "+14255550123"}, "+14255550123",
		acs.Identifier{Kind: acs.KindPhoneNumber, RawID: "4:+14255550123", PhoneNumber: &acs.PhoneNumber{Value: "+14255550123"}},
	},
	{
		"ACS user", v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}, "8:acs:r_u",
		acs.Identifier{Kind: acs.KindCommunicationUser, RawID: "8:acs:r_u", CommunicationUser: &acs.CommunicationUser{ID: "8:acs:r_u"}},
	},
	{
		"Teams user", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudPublic}}, "8:orgid:u",
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:orgid:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudPublic},
		},
	},
	{
		"Teams user, cloud unset", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u"}}, "8:orgid:u",
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:orgid:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudPublic},
		},
	},
	{
		"Teams user of the DoD", v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudDoD}}, "8:dod:u",
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsUser, RawID: "8:dod:u",
			MicrosoftTeamsUser: &acs.MicrosoftTeamsUser{UserID: "u", Cloud: acs.CloudDOD},
		},
	},
	{
		"Teams app", v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: "a", Cloud: v1alpha1.TeamsCloudGCCHigh}}, "28:gcch:a",
		acs.Identifier{
			Kind: acs.KindMicrosoftTeamsApp, RawID: "28:gcch:a",
			MicrosoftTeamsApp: &acs.MicrosoftTeamsApp{AppID: "a", Cloud: acs.CloudGCCH},
		},
	},
	{
		"Teams extension user",
		v1alpha1.Identifier{TeamsExtensionUser: &v1alpha1.TeamsExtensionUser{UserID: "u", TenantID: "t", ResourceID: "r", Cloud: v1alpha1.TeamsCloudPublic}},
		"8:acs:r_t_u",
		acs.Identifier{
			Kind: acs.KindTeamsExtensionUser, RawID: "8:acs:r_t_u",
			TeamsExtensionUser: &acs.TeamsExtensionUser{UserID: "u", TenantID: "t", ResourceID: "r", Cloud: acs.CloudPublic},
		},
	},
	{"nobody", v1alpha1.Identifier{}, "", acs.Identifier{}},
}

func TestParties(t *testing.T) {
	for _, p := range parties {
		t.Run(p.name, func(t *testing.T) {
			if diff := cmp.Diff(p.want, party.ToACS(&p.spec)); diff != "" {
				t.Errorf("what ACS is told (-want +got):\n%s", diff)
			}
			if got := party.Text(&p.spec); got != p.text {
				t.Errorf("what a person reads is %q, want %q", got, p.text)
			}
		})
	}
}

func TestPartiesText(t *testing.T) {
	number := v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	cases := []struct {
		name, reason, from, to string
		spec                   v1alpha1.CallSpec
	}{
		{
			"number to number", "who calls whom", "+14255550100", "+14255550123",
			v1alpha1.CallSpec{From: &v1alpha1.Caller{PhoneNumber: "+14255550100", CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}, To: &number},
		},
		{
			"as a user", "who has no number is called by the ID", "8:acs:r_u", "+14255550123",
			v1alpha1.CallSpec{From: &v1alpha1.Caller{CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}, To: &number},
		},
		{"by name", "a name is better than nothing", "Ada", "+14255550123", v1alpha1.CallSpec{From: &v1alpha1.Caller{DisplayName: "Ada"}, To: &number}},
		{"from nobody", "an app may be called without a caller", "", "+14255550123", v1alpha1.CallSpec{To: &number}},
		{
			"incoming", "the caller is theirs, the callee ours", "+14255550123", "+14255550100",
			v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{From: &number, To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}}},
		},
		{
			"incoming, withheld", "the number was withheld", "", "+14255550100",
			v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{To: v1alpha1.Identifier{PhoneNumber: "+14255550100"}}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if from, to := partiesText(&c.spec); from != c.from || to != c.to {
				t.Errorf("%s: %q calls %q, want %q and %q", c.reason, from, to, c.from, c.to)
			}
		})
	}
}

func TestCreateCallRequest(t *testing.T) {
	caller := func(from *v1alpha1.Caller) func(*v1alpha1.Call) {
		return func(c *v1alpha1.Call) { c.Spec.From = from }
	}
	number := &acs.PhoneNumber{Value: "+14255550100"}
	cases := []struct {
		name, reason string
		call         *v1alpha1.Call
		provider     *v1alpha1.CallProvider
		want         acs.CreateCallRequest
	}{
		{
			"number", "a phone needs a caller ID", callWith(attempted), providerWith(), acs.CreateCallRequest{SourceCallerIDNumber: number},
		},
		{
			"nobody", "an app is called without a caller ID", callWith(attempted, caller(nil)), providerWith(), acs.CreateCallRequest{},
		},
		{
			"user with a name", "an app shows who calls",
			callWith(attempted, caller(&v1alpha1.Caller{CommunicationUser: "8:acs:r_u", DisplayName: "Ada"})), providerWith(),
			acs.CreateCallRequest{Source: &acs.CommunicationUser{ID: "8:acs:r_u"}, SourceDisplayName: "Ada"},
		},
		{
			"everything", "each has its place",
			callWith(attempted, caller(&v1alpha1.Caller{PhoneNumber: "+14255550100", CommunicationUser: "8:acs:r_u", DisplayName: "Ada"})), providerWith(),
			acs.CreateCallRequest{SourceCallerIDNumber: number, Source: &acs.CommunicationUser{ID: "8:acs:r_u"}, SourceDisplayName: "Ada"},
		},
		{
			"speech", "the call can speak and listen then", callWith(attempted),
			providerWith(func(p *v1alpha1.CallProvider) { p.Spec.ACS.CognitiveServicesEndpoint = "https://ai.example.com" }),
			acs.CreateCallRequest{
				SourceCallerIDNumber:    number,
				CallIntelligenceOptions: &acs.CallIntelligenceOptions{CognitiveServicesEndpoint: "https://ai.example.com"},
			},
		},
	}
	r, _ := newReconciler(t, newAPI(t, interceptor.Funcs{}), nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := r.createCallRequest(c.call, c.provider)
			if err != nil {
				t.Fatal(err)
			}
			checkCallback(t, r.CallbackKeys, got.CallbackURI)
			c.want.Targets = []acs.Identifier{acs.PhoneNumberIdentifier("+14255550123")}
			c.want.OperationContext, c.want.CallbackURI = "a", got.CallbackURI
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	for _, p := range parties {
		t.Run("to "+p.name, func(t *testing.T) {
			got, err := r.createCallRequest(callWith(attempted, func(c *v1alpha1.Call) { c.Spec.To = &p.spec }), providerWith())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]acs.Identifier{p.want}, got.Targets); diff != "" {
				t.Errorf("whoever is called is the one target (-want +got):\n%s", diff)
			}
		})
	}
}

// checkCallback: the URL names the object, and its token is good for that object alone.
func checkCallback(t *testing.T, keys callbackurl.Keys, uri string) {
	t.Helper()
	callback, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: "c", UID: "u"}
	token := callback.Query().Get(callbackurl.TokenParameter)
	if !strings.HasPrefix(uri, "https://calls.example.com/") || !keys.Verify(target, token) {
		t.Errorf("the callback URL %s does not lead to this Call", callback.Path)
	}
	if target.UID = "other"; keys.Verify(target, token) {
		t.Error("the token is good for another object of that name")
	}
}

func TestCreateCallRequestWithoutCallback(t *testing.T) {
	r, _ := newReconciler(t, newAPI(t, interceptor.Funcs{}), nil)
	_, err := r.createCallRequest(callWith(attempted), providerWith(callbackTo("ftp://calls.example.com")))
	var cause *UnusableError
	if !errors.As(err, &cause) || cause.Reason != v1alpha1.ReasonInvalidCallbackURL {
		t.Errorf("a call whose events nobody would hear is not placed: got %v", err)
	}
	if text := fmt.Sprint(err); !strings.HasPrefix(text, "The callback URL cannot be made: ") || !strings.HasSuffix(text, ".") {
		t.Errorf("the text is a sentence: got %q", text)
	}
}

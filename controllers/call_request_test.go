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
)

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
			"headers", "what goes with the call to the callee", callWith(attempted, func(c *v1alpha1.Call) {
				c.Spec.Headers = &v1alpha1.OutboundHeaders{
					SIP: map[string]v1alpha1.HeaderValue{"X-Ticket": "4711"}, VoIP: map[string]v1alpha1.HeaderValue{"customer": "42"},
				}
			}), providerWith(),
			acs.CreateCallRequest{SourceCallerIDNumber: number, CustomCallingContext: &acs.CustomCallingContext{
				SIPHeaders: acs.Headers{"X-Ticket": "4711"}, VoIPHeaders: acs.Headers{"customer": "42"},
			}},
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
	t.Run("to a user", func(t *testing.T) {
		user := v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}
		got, err := r.createCallRequest(callWith(attempted, func(c *v1alpha1.Call) { c.Spec.To = &user }), providerWith())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]acs.Identifier{acs.CommunicationUserIdentifier("8:acs:r_u")}, got.Targets); diff != "" {
			t.Errorf("whoever is called is the one target (-want +got):\n%s", diff)
		}
	})
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

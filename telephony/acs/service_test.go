// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

func TestCreateCall(t *testing.T) {
	number, ours := &acs.PhoneNumber{Value: "+14255550100"}, &v1alpha1.Caller{PhoneNumber: "+14255550100"}
	callee := v1alpha1.Identifier{PhoneNumber: "+14255550123"}
	const speech = "https://ai.example.com"
	intelligence := &acs.CallIntelligenceOptions{CognitiveServicesEndpoint: speech}
	cases := []struct {
		name, reason string
		request      telephony.DialRequest
		speech       string
		pinned       *v1alpha1.AttemptRequest
		want         acs.CreateCallRequest
	}{
		{"number", "a phone needs a caller ID", telephony.DialRequest{From: ours}, "", nil, acs.CreateCallRequest{SourceCallerIDNumber: number}},
		{"nobody", "an app is called without a caller ID", telephony.DialRequest{}, "", nil, acs.CreateCallRequest{}},
		{
			"user with a name", "an app shows who calls",
			telephony.DialRequest{From: &v1alpha1.Caller{CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}}, "", nil,
			acs.CreateCallRequest{Source: &acs.CommunicationUser{ID: "8:acs:r_u"}, SourceDisplayName: "Ada"},
		},
		{
			"everything", "each has its place",
			telephony.DialRequest{From: &v1alpha1.Caller{PhoneNumber: "+14255550100", CommunicationUser: "8:acs:r_u", DisplayName: "Ada"}}, "", nil,
			acs.CreateCallRequest{SourceCallerIDNumber: number, Source: &acs.CommunicationUser{ID: "8:acs:r_u"}, SourceDisplayName: "Ada"},
		},
		{
			"headers", "what goes with the call to the callee", telephony.DialRequest{From: ours, Headers: &v1alpha1.OutboundHeaders{
				SIP: map[string]v1alpha1.HeaderValue{"X-Ticket": "4711"}, VoIP: map[string]v1alpha1.HeaderValue{"customer": "42"},
			}}, "", nil,
			acs.CreateCallRequest{SourceCallerIDNumber: number, CustomCallingContext: &acs.CustomCallingContext{
				SIPHeaders: acs.Headers{"X-Ticket": "4711"}, VoIPHeaders: acs.Headers{"customer": "42"},
			}},
		},
		{
			"speech", "the call can speak and listen then", telephony.DialRequest{From: ours}, speech, nil,
			acs.CreateCallRequest{SourceCallerIDNumber: number, CallIntelligenceOptions: intelligence},
		},
		{
			"speech is pinned", "a repetition is the same request", telephony.DialRequest{From: ours}, "", &v1alpha1.AttemptRequest{CognitiveServicesEndpoint: speech},
			acs.CreateCallRequest{SourceCallerIDNumber: number, CallIntelligenceOptions: intelligence},
		},
		{
			"no speech is pinned", "a repetition is the same request", telephony.DialRequest{From: ours}, speech, &v1alpha1.AttemptRequest{},
			acs.CreateCallRequest{SourceCallerIDNumber: number},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			const callback = "https://calls.example.com/callbacks"
			s := &service{pins: v1alpha1.AttemptRequest{CognitiveServicesEndpoint: c.speech}}
			c.request.To = &callee
			got := s.createCall(c.request, telephony.Attempt{Record: &v1alpha1.RequestAttempt{ID: "a", Request: c.pinned}, CallbackURL: callback})
			c.want.Targets = []acs.Identifier{acs.PhoneNumberIdentifier("+14255550123")}
			c.want.OperationContext, c.want.CallbackURI = "a", callback
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
	t.Run("to a user", func(t *testing.T) {
		user := v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}
		got := (&service{}).createCall(telephony.DialRequest{To: &user}, telephony.Attempt{Record: &v1alpha1.RequestAttempt{}})
		if diff := cmp.Diff([]acs.Identifier{acs.CommunicationUserIdentifier("8:acs:r_u")}, got.Targets); diff != "" {
			t.Errorf("the callee is the one target (-want +got):\n%s", diff)
		}
	})
}

func TestRepeatability(t *testing.T) {
	for result, want := range map[acs.RepeatabilityResult]v1alpha1.RequestRepeatability{
		acs.RepeatabilityAccepted: v1alpha1.RepeatabilityConfirmed, acs.RepeatabilityRejected: v1alpha1.RepeatabilityRejected,
		acs.RepeatabilityNotConfirmed: v1alpha1.RepeatabilityNotConfirmed,
	} {
		if got := repeatability(result); got != want {
			t.Errorf("%q is kept as %q, want %q", result, got, want)
		}
	}
}

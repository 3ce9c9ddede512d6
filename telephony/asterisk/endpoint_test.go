// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

func TestTemplates(t *testing.T) {
	phone := &v1alpha1.Identifier{PhoneNumber: "+442079460123"}
	address := &v1alpha1.Identifier{SIPURI: "sip:ada@pbx.example.com:5061"}
	cases := []struct {
		name, reason, template, sip string
		to                          *v1alpha1.Identifier
		want                        string
		unsupported                 bool
	}{
		{"number", "a trunk that takes E.164", "PJSIP/$(number)@trunk", "", phone, "PJSIP/+442079460123@trunk", false},
		{"digits", "a trunk that takes no plus sign", "PJSIP/$(digits)@trunk", "", phone, "PJSIP/442079460123@trunk", false},
		{"prefix", "a PBX that needs an exit code", "PJSIP/00$(digits)@trunk", "", phone, "PJSIP/00442079460123@trunk", false},
		{"both", "each is replaced", "PJSIP/$(digits)@trunk/sip:$(number)@sbc.example.com", "", phone, "PJSIP/442079460123@trunk/sip:+442079460123@sbc.example.com", false},
		{"twice", "each time", "PJSIP/$(number)@$(number)", "", phone, "PJSIP/+442079460123@+442079460123", false},
		{"nothing else", "other texts in brackets are Asterisk's", "PJSIP/$(numbers)@$(number)", "", phone, "PJSIP/$(numbers)@+442079460123", false},
		{"SIP address", "through a trunk", "PJSIP/$(number)@trunk", "PJSIP/trunk/$(uri)", address, "PJSIP/trunk/sip:ada@pbx.example.com:5061", false},
		{"SIP user", "a phone of this Asterisk", "PJSIP/$(number)@trunk", "PJSIP/$(user)", address, "PJSIP/ada", false},
		{"SIP address without a template", "the provider has to say how", "PJSIP/$(number)@trunk", "", address, "", true},
		{"nobody", "there is no one to call", "PJSIP/$(number)@trunk", "", nil, "", true},
		{"app user", "only ACS knows app users", "PJSIP/$(number)@trunk", "", &v1alpha1.Identifier{CommunicationUser: "8:acs:x_y"}, "", true},
		{"Teams user", "only ACS reaches Teams", "PJSIP/$(number)@trunk", "", &v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{}}, "", true},
		{"raw ID", "it may be of any form", "PJSIP/$(number)@trunk", "", &v1alpha1.Identifier{RawID: "4:+442079460123"}, "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := templates{number: c.template, sip: c.sip}.of(c.to)
			if got != c.want || telephony.Is(err, telephony.ClassUnsupported) != c.unsupported || (err != nil) != c.unsupported {
				t.Errorf("%s: got %q, %v", c.reason, got, err)
			}
			if err == nil {
				return
			}
			if telephony.OutcomeOf(err) != telephony.OutcomeNotMade || !strings.HasPrefix(err.Error(), "Asterisk cannot do that: ") || !strings.Contains(err.Error(), "phoneNumber") && !strings.Contains(err.Error(), "sipEndpoint") {
				t.Errorf("%s: it names the service and what it can do: %v", c.reason, err)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/telephony"
)

// kind is an adapter whose every answer says its name.
type kind string

func (k kind) Credentials(*v1alpha1.CallProvider) telephony.SecretNeed {
	return telephony.SecretNeed{Name: string(k)}
}

func (k kind) Connect(*v1alpha1.CallProvider, map[string][]byte, telephony.Observer) (telephony.Service, string, error) {
	return nil, "https://" + string(k), telephony.Unusable(string(k), "This is %s.", string(k))
}

func (k kind) Endpoint(*v1alpha1.CallProvider) string { return "https://" + string(k) }

func (k kind) Traits(*v1alpha1.CallProvider) telephony.Traits {
	return telephony.Traits{WhyNot: string(k)}
}

// asked is everything that adapters say of a provider.
type asked struct {
	Credentials, Connect, ConnectError, Endpoint, Traits string
}

// TestAdapters: a provider is the business of the adapter for its service, and of no other one.
func TestAdapters(t *testing.T) {
	acs := v1alpha1.CallProviderSpec{ACS: &v1alpha1.ACSProvider{}}
	asterisk := v1alpha1.CallProviderSpec{Asterisk: &v1alpha1.AsteriskProvider{}}
	both := telephony.Adapters{"acs": kind("acs"), "asterisk": kind("asterisk")}
	answers := func(name string) asked {
		return asked{Credentials: name, Connect: "https://" + name, ConnectError: name + ": This is " + name + ".", Endpoint: "https://" + name, Traits: name}
	}
	refused := asked{
		ConnectError: v1alpha1.ReasonInvalidEndpoint + ": The provider names no service that this version of the operator knows: set spec.acs or spec.asterisk.",
	}
	cases := []struct {
		name, reason string
		adapters     telephony.Adapters
		spec         v1alpha1.CallProviderSpec
		want         asked
	}{
		{"acs", "spec.acs names it", both, acs, answers("acs")},
		{"asterisk", "spec.asterisk names it", both, asterisk, answers("asterisk")},
		{"no service", "an old CRD may let it through", both, v1alpha1.CallProviderSpec{}, refused},
		{"unknown service", "a newer CRD may know more services than this version", telephony.Adapters{"acs": kind("acs")}, asterisk, refused},
		{"no adapters", "nothing can be used, and nothing panics", nil, acs, refused},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			provider := &v1alpha1.CallProvider{Spec: c.spec}
			got := asked{
				Credentials: c.adapters.Credentials(provider).Name, Endpoint: c.adapters.Endpoint(provider), Traits: c.adapters.Traits(provider).WhyNot,
			}
			_, endpoint, err := c.adapters.Connect(provider, nil, telephony.Observer{})
			got.Connect = endpoint
			var cause *telephony.UnusableError
			if !errors.As(err, &cause) {
				t.Fatalf("%s: the error is %v, want an UnusableError", c.reason, err)
			}
			got.ConnectError = strings.Join([]string{cause.Reason, cause.Message}, ": ")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

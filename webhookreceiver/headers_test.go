// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestHeadersOf(t *testing.T) {
	many := map[string]string{}
	for i := range 30 {
		many[fmt.Sprintf("h%02d", i)] = "v"
	}
	kept := map[string]string{}
	for i := range v1alpha1.MaxHeaders {
		kept[fmt.Sprintf("h%02d", i)] = "v"
	}
	long := strings.Repeat("x", v1alpha1.MaxHeaderValue)
	tests := []struct {
		name, reason string
		sip, voip    map[string]string
		want         *v1alpha1.Headers
		omitted      []string
	}{
		{"none", "most calls have none", nil, nil, nil, nil},
		{"empty", "recorded: empty maps", map[string]string{}, map[string]string{}, nil, nil},
		{
			"reported", "all that was reported is readable",
			map[string]string{"User-To-User": "0064;encoding=hex", "X-MS-Custom-Ticket": "4711", "X-Ticket": "4711"}, map[string]string{"customer": "42"},
			&v1alpha1.Headers{SIP: map[string]string{"User-To-User": "0064;encoding=hex", "X-MS-Custom-Ticket": "4711", "X-Ticket": "4711"}, VoIP: map[string]string{"customer": "42"}}, nil,
		},
		{
			"many", "a Call is bounded, and says what it has no room for", nil, many,
			&v1alpha1.Headers{VoIP: kept}, []string{"h16", "h17", "h18", "h19", "h20", "h21", "h22", "and 7 more"},
		},
		{
			"long value", "half a value is another one", map[string]string{"X-Long": long + "x", "X-Ticket": "1"}, nil,
			&v1alpha1.Headers{SIP: map[string]string{"X-Ticket": "1"}}, []string{"X-Long"},
		},
		{
			"long name", "likewise, and its name is cut", map[string]string{long: "1"}, nil,
			nil, []string{long[:v1alpha1.MaxHeaderName]},
		},
		{
			"much", "one long header costs no short one", nil, map[string]string{"a": long, "b": long, "c": "1"},
			&v1alpha1.Headers{VoIP: map[string]string{"a": long, "c": "1"}}, []string{"b"},
		},
		{"nameless", "nothing can match it", map[string]string{"": "1"}, nil, nil, []string{"(no name)"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			kept, omitted := headersOf(tc.sip, tc.voip)
			if diff := cmp.Diff(tc.want, kept); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.omitted, omitted); diff != "" {
				t.Errorf("%s: left out (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

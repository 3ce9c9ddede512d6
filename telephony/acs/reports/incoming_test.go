// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestPartyOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		id           acs.Identifier
		want         *v1alpha1.Identifier
	}{
		{"nobody", "there is nothing to name", acs.Identifier{}, nil},
		{"withheld", "a caller who withholds the number is nobody", acs.Identifier{RawID: "4:anonymous"}, nil},
		{
			"withheld, without a raw ID", "the model says it too",
			acs.Identifier{PhoneNumber: &acs.PhoneNumber{Value: "anonymous", IsAnonymous: true}}, nil,
		},
		{
			"number without a raw ID", "the model names the party", acs.Identifier{PhoneNumber: &acs.PhoneNumber{Value: "+14255550123"}},
			number("+14255550123"),
		},
		{
			"raw ID and model differ", "the model is what identifies",
			acs.Identifier{RawID: "4:+14255550123", PhoneNumber: &acs.PhoneNumber{Value: "+14255550199"}}, number("+14255550199"),
		},
		{
			"raw ID without plus", "reported: the model has it", acs.Identifier{RawID: "4:14255550123", PhoneNumber: &acs.PhoneNumber{Value: "+14255550123"}},
			number("+14255550123"),
		},
		{
			"named caller", "a caller with a name is not anonymous", acs.Identifier{RawID: "4:MyBank", PhoneNumber: &acs.PhoneNumber{Value: "MyBank"}},
			&v1alpha1.Identifier{RawID: "4:MyBank"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, partyOf(c.id)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func number(text string) *v1alpha1.Identifier {
	return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(text)}
}

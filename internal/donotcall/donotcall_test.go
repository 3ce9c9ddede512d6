// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package donotcall

import (
	"fmt"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func TestHas(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason, list string
		has, hasNot        []string
	}{
		{"empty", "nobody asked not to be called", "", nil, []string{"+14255550123"}},
		{"number", "the whole number counts", "+14255550123", []string{"+14255550123"}, []string{"+1425555012", "+14255550124", "+442079460123"}},
		{"shorter number", "a number is no prefix", "+1425555", []string{"+1425555"}, []string{"+14255550123"}},
		{"prefix", "what begins with it, and what it is", "+1425*", []string{"+14255550123", "+1425"}, []string{"+142", "+442079460123"}},
		{"country", "one digit is a prefix as well", "+1*", []string{"+14255550123"}, []string{"+442079460123"}},
		{"everything", "nobody is called", "+*", []string{"+14255550123", "+442079460123"}, nil},
		{"marks", "people write numbers for people", "+1 (425) 555-0123\n+44 20/7946.0101\n+44 20 7946 02 *", []string{"+14255550123", "+442079460101", "+442079460234"}, nil},
		{
			"comments", "who asked and when is worth a note", "# asked by letter\n\n  +14255550123 # 2026-11-30\n#+442079460101\n\t\n",
			[]string{"+14255550123"}, []string{"+442079460101"},
		},
		{"Windows", "its editors write other ends of lines, and a mark at the beginning", "\ufeff+14255550123\r\n+442079460101\r\n", []string{"+14255550123", "+442079460101"}, nil},
		{"twice", "lists are put together from others", "+14255550123\n+14255550123\n+1425*\n+1425*", []string{"+14255550123"}, []string{"+442079460101"}},
		{"longest", "15 digits are allowed", "+442079460123456", []string{"+442079460123456"}, []string{"+44207946012345"}},
		{"what is no number", "has no entry", "+1425*", nil, []string{"", "+", "ada", "+1425x"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list, err := Parse(c.list)
			if err != nil {
				t.Fatalf("%s: %v", c.reason, err)
			}
			for _, number := range c.has {
				if !list.Has(number) {
					t.Errorf("%s: %s is not on the list", c.reason, number)
				}
			}
			for _, number := range c.hasNot {
				if list.Has(number) {
					t.Errorf("%s: %s is on the list", c.reason, number)
				}
			}
		})
	}
}

// TestUnreadable: a list with a line that nobody understands may mean a number that nobody may call.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, reason, list, want string }{
		{"national", "whose number it is depends on the country", "+14255550123\n\n(425) 555-0124", "line 3 does not begin with +"},
		{"name", "a person has no number", "Ada Lovelace", "line 1 does not begin with +"},
		{"letters", "a digit is mistyped", "# people\n+1425555O123", "line 2 has other characters than digits after the +"},
		{"two", "a comma does not separate entries", "+14255550123, +14255550124", "line 1 has other characters than digits after the +"},
		{"asterisk inside", "a prefix ends with the asterisk", "+1425*0123", "line 1 has other characters than digits after the +"},
		{"other digits", "only one kind of digits is dialled", "+١٤٢٥", "line 1 has other characters than digits after the +"},
		{"nothing", "the number is missing", "+", "line 1 has no country code after the +"},
		{"trunk prefix", "no country code begins with 0", "+04255550123", "line 1 has no country code after the +"},
		{"prefix of zeros", "no country code begins with 0", "+0*", "line 1 has no country code after the +"},
		{"long", "two numbers without anything between them", "+1425555012314255550124", "line 1 has more than 15 digits"},
		{"short", "one digit is no number", "+1", "line 1 is too short for a number; a prefix ends with *"},
		{"asterisk alone", "it does not say what is meant", "*", "line 1 does not begin with +"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if list, err := Parse(c.list); err == nil || err.Error() != c.want || list != nil {
				t.Errorf("%s: got %v, %v", c.reason, list, err)
			}
		})
	}
}

func TestNumberOf(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		who          *v1alpha1.Identifier
		want         string
	}{
		{"nobody", "an incoming call that is answered rings nobody", nil, ""},
		{"number", "it is called", &v1alpha1.Identifier{PhoneNumber: "+14255550123"}, "+14255550123"},
		{"user", "a user of an app has none", &v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}, ""},
		{"SIP user", "nor has a name", &v1alpha1.Identifier{SIPURI: "sip:ada@pbx.example.com"}, ""},
		{"extension", "nor is an extension one", &v1alpha1.Identifier{SIPURI: "sip:1001@pbx.example.com"}, ""},
		{"SIP number", "a trunk leads to the telephone network", &v1alpha1.Identifier{SIPURI: "sip:+14255550123@trunk.example.com"}, "+14255550123"},
		{"without plus", "trunks take it without, too", &v1alpha1.Identifier{SIPURI: "sips:14255550123@trunk.example.com:5061"}, "+14255550123"},
		{"in disguise", "a trunk undoes it", &v1alpha1.Identifier{SIPURI: "sip:%2B1-425.5550123@trunk.example.com"}, "+14255550123"},
	}
	for _, c := range cases {
		if got := NumberOf(c.who); got != c.want {
			t.Errorf("%s, %s: got %q, want %q", c.name, c.reason, got, c.want)
		}
	}
}

// many is a list of 100,000 numbers and 100 prefixes.
func many() string {
	var text strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&text, "+44207946%06d\n", i)
	}
	for i := range 100 {
		fmt.Fprintf(&text, "+142555501%02d*\n", i)
	}
	return text.String()
}

func BenchmarkParse(b *testing.B) {
	text := many()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHas(b *testing.B) {
	list, err := Parse(many())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !list.Has("+44207946099999") || list.Has("+442079460") {
			b.Fatal("wrong answer")
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

const (
	seattle = "+14255550100"
	london  = "+442079460101"
)

func number(text string) v1alpha1.DialOutTarget {
	return v1alpha1.DialOutTarget{To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(text)}}
}

func named(name, number string) v1alpha1.DialOutTarget {
	return v1alpha1.DialOutTarget{Name: name, To: v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}}
}

func with(target v1alpha1.DialOutTarget, zone v1alpha1.TimeZone, parameters map[string]string) v1alpha1.DialOutTarget {
	target.TimeZone, target.Parameters = zone, parameters
	return target
}

// readList reads one list and says what is wrong as "line: message".
func readList(format, list string) (r *Reader, problems []string) {
	r = &Reader{}
	if format == "CSV" {
		r.CSV("list", []byte(list))
	} else {
		r.JSONLines("list", []byte(list))
	}
	for _, problem := range r.Problems {
		problems = append(problems, fmt.Sprintf("%d: %s", problem.Line, problem.Message))
	}
	return r, problems
}

func TestRead(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		format, list string
		want         []v1alpha1.DialOutTarget
		duplicates   int
	}{
		{"all columns", "columns that name nobody and no zone are parameters", "CSV", "name,phoneNumber,timeZone,patientName,date\nada,+14255550100,America/Los_Angeles,Ada,3 May\n",
			[]v1alpha1.DialOutTarget{with(named("ada", seattle), "America/Los_Angeles", map[string]string{"patientName": "Ada", "date": "3 May"})}, 0},
		{"any order, no name", "a target without a name is its party", "CSV", "date,phoneNumber\n3 May,+14255550100", []v1alpha1.DialOutTarget{with(number(seattle), "", map[string]string{"date": "3 May"})}, 0},
		{"other parties", "each line names its party in one column", "CSV", "phoneNumber,communicationUser,teamsUser,sipURI\n,8:acs:r_u,,\n,,u,\n,,,sip:ada@pbx.example.com\n+14255550100,,,\n", []v1alpha1.DialOutTarget{
			{To: v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}},
			{To: v1alpha1.Identifier{TeamsUser: &v1alpha1.TeamsUser{UserID: "u", Cloud: v1alpha1.TeamsCloudPublic}}},
			{To: v1alpha1.Identifier{SIPURI: "sip:ada@pbx.example.com"}}, number(seattle),
		}, 0},
		{"spreadsheet's CSV", "it has a mark at its beginning, CRLF, semicolons and empty rows", "CSV", "\xef\xbb\xbfname;phoneNumber;note\r\nada;+14255550100;a, b\r\n;;\r\n\r\nben;+442079460101;\r\n",
			[]v1alpha1.DialOutTarget{with(named("ada", seattle), "", map[string]string{"note": "a, b"}), named("ben", london)}, 0},
		{"quoted fields", "they have commas, quotation marks and line breaks", "CSV", "phoneNumber,text\n+14255550100,\"Hello, \"\"Ada\"\"\nand Ben\"\n+442079460101,\"x\"\n",
			[]v1alpha1.DialOutTarget{with(number(seattle), "", map[string]string{"text": "Hello, \"Ada\"\nand Ben"}), with(number(london), "", map[string]string{"text": "x"})}, 0},
		{"spaces", "they are not part of values", "CSV", "name, phoneNumber\n ada , \"+14255550100 \"\n", []v1alpha1.DialOutTarget{named("ada", seattle)}, 0},
		{"columns without a name", "nothing is in them", "CSV", "phoneNumber,,\n+14255550100,,\n", []v1alpha1.DialOutTarget{number(seattle)}, 0},
		{"duplicates", "numbers are compared without what people write between digits, and the first line counts", "CSV", "name,phoneNumber\nada,+14255550100\nben,+1 (425) 555-0100\nada,+1.425.555.0100\n", []v1alpha1.DialOutTarget{named("ada", seattle)}, 2},
		{"JSON lines", "the fields are those of a target", "JSONLines", `{"name": "ada", "to": {"phoneNumber": "+1 425 555 0100"}, "parameters": {"date": "3 May"}, "timeZone": "Europe/London"}` + "\r\n\n" + `{"to": {"teamsApp": {"appID": "a"}}}`,
			[]v1alpha1.DialOutTarget{with(named("ada", seattle), "Europe/London", map[string]string{"date": "3 May"}), {To: v1alpha1.Identifier{TeamsApp: &v1alpha1.TeamsApp{AppID: "a", Cloud: v1alpha1.TeamsCloudPublic}}}}, 0},
		{"user in other letters", "IDs mean the same in any case of letters", "JSONLines", `{"to": {"communicationUser": "8:acs:r_u"}}` + "\n" + `{"to": {"communicationUser": "8:acs:R_U"}}`, []v1alpha1.DialOutTarget{{To: v1alpha1.Identifier{CommunicationUser: "8:acs:r_u"}}}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, problems := readList(c.format, c.list)
			if len(problems) > 0 {
				t.Errorf("%s: problems %q", c.reason, problems)
			}
			if diff := cmp.Diff(c.want, r.Targets); diff != "" || r.Duplicates != c.duplicates {
				t.Errorf("%s: %d duplicates, want %d (-want +got):\n%s", c.reason, r.Duplicates, c.duplicates, diff)
			}
		})
	}
}

func TestReadProblems(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 257)
	cases := []struct {
		name, reason string
		format, list string
		want         []string
		targets      int
	}{
		{"empty list", "nobody would be called", "CSV", "\xef\xbb\xbf\r\n", []string{"0: The list is empty"}, 0},
		{"UTF-16", "a spreadsheet's Unicode text", "CSV", "\xff\xfen\x00", []string{"0: The list is in UTF-16"}, 0},
		{"too long", "the limit is on bytes", "CSV", "phoneNumber\n" + strings.Repeat(" ", MaxBytes), []string{"0: The list has more than 2 MiB"}, 0},
		{"no header", "the first line is taken for one", "CSV", "ada,+14255550100\n", []string{"1: Column 2 of the header is no name"}, 0},
		{"header without a party", "nobody is named", "CSV", "name,phone\nada,+14255550100\n", []string{"1: The header has no column"}, 0},
		{"header in other letters", "it would silently become a parameter", "CSV", "Name,phoneNumber\nada,+14255550100\n", []string{"1: Column 1 of the header must be written name"}, 0},
		{"column twice", "which counts?", "CSV", "phoneNumber,date,date\n", []string{"1: Column 3 of the header has the name of an earlier"}, 0},
		{"value in a column without a name", "what is it?", "CSV", "phoneNumber,\n+14255550100,x\n", []string{"2: Column 2 has a value"}, 0},
		{"too many fields", "an unquoted comma", "CSV", "phoneNumber,date\n+14255550100,3,May\n+442079460101,x\n", []string{"2: The line has 3 columns, and the header has 2"}, 1},
		{"nobody", "the line has a name only", "CSV", "name,phoneNumber\nada,\n", []string{"2: There is nobody"}, 0},
		{"two parties", "one is meant", "CSV", "phoneNumber,teamsUser\n+14255550100,u\n", []string{"2: The party is named in several ways"}, 0},
		{"field that is not closed", "it goes to the end of the list", "CSV", "phoneNumber,date\n+442079460101,x\n+14255550100,\"3 May\n+14255550101,x\n", []string{"3: A field that begins with a quotation mark"}, 1},
		{"quotation mark in the middle", "lines after it are read", "CSV", "phoneNumber,text\n+14255550100,a \"b\"\n+442079460101,x\n", []string{"2: A quotation mark"}, 1},
		{"line after a field with line breaks", "lines are counted in the text", "CSV", "phoneNumber,text\n+14255550100,\"a\nb\"\nx,\n", []string{"4: The phone number does not begin"}, 1},
		{"Windows' letters", "they are not UTF-8", "CSV", "phoneNumber,text\n+14255550100,M\xfcller\n+442079460101,x\n", []string{"2: The line is not in UTF-8"}, 1},
		{"scientific notation", "digits are lost", "CSV", "phoneNumber\n1.4E+10\n\"4,42E+11\"\n", []string{"2: A spreadsheet shortened", "3: A spreadsheet shortened"}, 0},
		{"formula", "a way to keep the plus sign", "CSV", "phoneNumber\n\"=\"\"+14255550100\"\"\"\n'+14255550100\n", []string{"2: The phone number begins with a spreadsheet's", "3: The phone number begins with a spreadsheet's"}, 0},
		{"without plus", "the country is unknown", "CSV", "phoneNumber\n14255550100\n0044 20 7946 0101\n", []string{"2: The phone number does not begin", "3: The phone number does not begin"}, 0},
		{"(0)", "removing parentheses gives another number", "CSV", "phoneNumber\n+44 (0)20 7946 0101\n", []string{"2: The phone number has (0)"}, 0},
		{"letters", "no number", "CSV", "phoneNumber\n+1425CALLME\n", []string{"2: The phone number is not in E.164"}, 0},
		{"emergency number", "never by mistake", "CSV", "phoneNumber\n+112\n", []string{"2: The phone number is too short"}, 0},
		{"other IDs", "the API server would refuse the Calls", "CSV", "communicationUser,teamsUser,sipURI\nada,,\n,a b,\n,,ada@example.com\n8:acs:a_b_c,,\n",
			[]string{"2: communicationUser must be", "3: The IDs of a Teams user", "4: sipURI must be", "5: A communicationUser of three parts"}, 0},
		{"names", "they are short and on one line", "CSV", "name,phoneNumber\n\"a\nb\",+14255550100\n" + long + ",+14255550100\n", []string{"2: The name has a line break", "4: The name has more than 63"}, 0},
		{"same name", "results are by name", "CSV", "name,phoneNumber\nada,+14255550100\nada,+442079460101\n", []string{"3: An earlier target with another party has the same name"}, 1},
		{"name that is a number", "results call the other by it", "CSV", "name,phoneNumber\n,+14255550100\n+14255550100,+442079460101\n", []string{"3: An earlier target with another party has the same name"}, 1},
		{"parameters", "those of a Call are as long", "CSV", "phoneNumber,date\n+14255550100," + long + "\n", []string{"2: Parameter date has more than 256"}, 0},
		{"time zone", "hours depend on it", "CSV", "phoneNumber,timeZone\n+14255550100,PDT\n", []string{"2: The time zone is not"}, 0},
		{"not JSON", "lines after it are read", "JSONLines", "{\n" + `{"to": {"phoneNumber": "+14255550100"}}` + "\n[]\nnull\n7\n", []string{"1: The line is no JSON object", "3: The line is no JSON", "4: The line is no JSON", "5: The line is no JSON"}, 1},
		{"two objects on a line", "one is expected", "JSONLines", `{"to": {"phoneNumber": "+14255550100"}} {}`, []string{"1: The line is no JSON object"}, 0},
		{"unknown field", "it may be misspelt", "JSONLines", `{"to": {"phonenumber": "+14255550100"}}`, []string{`1: The line has the unknown field "to.phonenumber"`}, 0},
		{"duplicate field", "which counts?", "JSONLines", `{"name": "a", "name": "b", "to": {"phoneNumber": "+14255550100"}}`, []string{`1: The line has the duplicate field "name"`}, 0},
		{"number as a number", "it is a string", "JSONLines", `{"to": {"phoneNumber": 14255550100}}`, []string{"1: Field to.phoneNumber has a value of the wrong kind (number)"}, 0},
		{"raw ID", "it cannot be called", "JSONLines", `{"to": {"rawID": "4:MyBank"}}`, []string{"1: A party that has only a rawID"}, 0},
		{"cloud", "there are three", "JSONLines", `{"to": {"teamsUser": {"userID": "u", "cloud": "public"}}}`, []string{"1: There is no such cloud"}, 0},
		{"name of a parameter", "the flow could not use it", "JSONLines", `{"to": {"phoneNumber": "+14255550100"}, "parameters": {"a b": "c"}}`, []string{"1: The name of a parameter"}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, problems := readList(c.format, c.list)
			if len(problems) != len(c.want) || len(r.Targets) != c.targets {
				t.Fatalf("%s: got %d targets and problems %q, want %d and %q", c.reason, len(r.Targets), problems, c.targets, c.want)
			}
			for i, problem := range problems {
				if !strings.HasPrefix(problem, c.want[i]) {
					t.Errorf("%s: got %q, want %q", c.reason, problem, c.want[i])
				}
			}
		})
	}
}

func TestShortNumbersWhenAllowed(t *testing.T) {
	t.Parallel()
	r := &Reader{AllowShortNumbers: true}
	r.CSV("list", []byte("phoneNumber\n+4472\n"))
	if len(r.Targets) != 1 || r.ProblemCount != 0 {
		t.Errorf("got %v, %v", r.Targets, r.Problems)
	}
}

// TestSeveralLists: duplicates and names are those of all lists together, and inline targets come by their index.
func TestSeveralLists(t *testing.T) {
	t.Parallel()
	r := &Reader{}
	r.Inline("spec.targets", []v1alpha1.DialOutTarget{named("ada", seattle), named("ben", "112")})
	r.CSV("first", []byte("name,phoneNumber\nada,+14255550101\n,+14255550100\n"))
	r.JSONLines("second", []byte(`{"to": {"phoneNumber": "+442079460101"}}`))
	if diff := cmp.Diff([]v1alpha1.DialOutTarget{named("ada", seattle), number(london)}, r.Targets); diff != "" || r.Duplicates != 1 || r.ProblemCount != 2 {
		t.Errorf("%d duplicates, %d problems (-want +got):\n%s", r.Duplicates, r.ProblemCount, diff)
	}
	for i, want := range []Problem{{Source: "spec.targets", Line: 1}, {Source: "first", Line: 2}} {
		if got := r.Problems[i]; got.Source != want.Source || got.Line != want.Line {
			t.Errorf("problem %d is of %s, line %d, want %s, line %d", i, got.Source, got.Line, want.Source, want.Line)
		}
	}
}

// TestTooManyTargets: those that are within the limit are called, and problems do not pile up.
func TestTooManyTargets(t *testing.T) {
	t.Parallel()
	r := &Reader{}
	first := strings.Repeat("x\n", MaxTargets/2)
	r.CSV("first", []byte("phoneNumber\n"+first))
	r.CSV("second", []byte("phoneNumber\n"+first+"+14255550100\n+14255550101\n"))
	r.JSONLines("third", []byte(`{"to": {"phoneNumber": "+442079460101"}}`))
	if len(r.Targets) != 0 || len(r.Problems) != MaxProblems || r.ProblemCount != MaxTargets+1 {
		t.Errorf("%d targets, %d problems of %d", len(r.Targets), len(r.Problems), r.ProblemCount)
	}
}

// FuzzRead: whatever a list has, each target can be called, none twice, and no line is forgotten.
func FuzzRead(f *testing.F) {
	for _, list := range []string{
		"name,phoneNumber,date\nada,+14255550100,3 May\n", "\xef\xbb\xbfphoneNumber;text\r\n+14255550100;\"a\nb\"\r\n", "phoneNumber\n1.4E+10\n'+1425\n", "name,,teamsUser\n\"", "a\n",
	} {
		f.Add(true, []byte(list))
	}
	f.Add(false, []byte(`{"name": "ada", "to": {"phoneNumber": "+14255550100"}, "parameters": {"date": "3 May"}, "timeZone": "Europe/London"}`+"\n{}\n"))
	f.Add(false, []byte(`{"to": {"teamsExtensionUser": {"userID": "u", "tenantID": "t", "resourceID": "r"}}}`))
	f.Fuzz(func(t *testing.T, isCSV bool, list []byte) {
		r := &Reader{}
		if isCSV {
			r.CSV("list", list)
		} else {
			r.JSONLines("list", list)
			if lines := filledLines(bytes.TrimPrefix(list, []byte("\xef\xbb\xbf"))); r.ProblemCount == 0 && len(r.Targets)+r.Duplicates != lines {
				t.Errorf("%d lines became %d targets and %d duplicates", lines, len(r.Targets), r.Duplicates)
			}
		}
		parties, identities := map[string]bool{}, map[string]bool{}
		for _, target := range r.Targets {
			if !party.Storable(&target.To) || r.check(&target) != "" {
				t.Errorf("%+v cannot be called", target)
			}
			if key := party.Key(&target.To); parties[key] || identities[Identity(&target)] {
				t.Errorf("%+v is there twice", target)
			}
			parties[party.Key(&target.To)], identities[Identity(&target)] = true, true
		}
		for _, problem := range r.Problems {
			if length := utf8.RuneCountInString(problem.Message); length == 0 || length > 256 || problem.Line > bytes.Count(list, []byte("\n"))+1 {
				t.Errorf("problem %+v has no message, a long one, or a line that does not exist", problem)
			}
		}
	})
}

func filledLines(list []byte) int {
	count := 0
	for line := range bytes.Lines(list) {
		if len(bytes.TrimSpace(line)) > 0 {
			count++
		}
	}
	return count
}

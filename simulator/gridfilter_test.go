// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filteredEvent is a call from a telephone to a number of the resource, in the Event Grid schema.
const filteredEvent = `{"id":"e-1","topic":"/subscriptions/s","subject":"/caller/4:+442079460001/recipient/4:+14255550101",
	"eventType":"Microsoft.Communication.IncomingCall","dataVersion":"1.0",
	"data":{"to":{"kind":"phoneNumber","rawId":"4:+14255550101","phoneNumber":{"value":"+14255550101"}},
	"from":{"kind":"phoneNumber","rawId":"4:+442079460001","phoneNumber":{"value":"+442079460001","isAnonymous":false}},
	"callerDisplayName":"Front Desk","customContext":null}}`

// filteredCloudEvent is a call to an app user, as a CloudEvent.
const filteredCloudEvent = `{"id":"e-2","source":"/subscriptions/s","subject":"/caller/4:+14255550101/recipient/8:acs:r_agent",
	"type":"Microsoft.Communication.IncomingCall","specversion":"1.0",
	"data":{"to":{"kind":"communicationUser","rawId":"8:acs:r_agent","communicationUser":{"id":"8:acs:r_agent"}},
	"from":{"kind":"phoneNumber","rawId":"4:+14255550101","phoneNumber":{"value":"+14255550101"}}}}`

// advanced are filters with one advanced filter.
func advanced(operator GridOperator, key string, values ...string) EventGridFilter {
	return EventGridFilter{AdvancedFilters: []EventGridAdvancedFilter{{OperatorType: operator, Key: key, Values: values}}}
}

// both has the advanced filters of several filters.
func both(filters ...EventGridFilter) EventGridFilter {
	var all EventGridFilter
	for _, filter := range filters {
		all.AdvancedFilters = append(all.AdvancedFilters, filter.AdvancedFilters...)
	}
	return all
}

// ofTheSample are the filters that the README of Microsoft's sample asks for.
func ofTheSample() EventGridFilter {
	return both(advanced("StringContains", "data.from.phoneNumber.value", "+442079460001", "+14255550101"),
		advanced("StringNotBeginsWith", "data.to.rawId", "8"))
}

// TestWhatAFilterLeavesOut: excluded is the part that the event does not pass, empty if it passes.
func TestWhatAFilterLeavesOut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason   string
		filter   EventGridFilter
		cloud    bool
		excluded string
	}{
		{reason: "an empty filter leaves nothing out"},
		{reason: "the sample takes calls from its people to numbers", filter: ofTheSample()},
		{
			reason: "the sample does not take what it redirects to an app user", filter: ofTheSample(), cloud: true,
			excluded: "advanced filter 2: data.to.rawId StringNotBeginsWith",
		},

		{reason: "the type is included", filter: EventGridFilter{IncludedEventTypes: []string{"Microsoft.Communication.SMSReceived", "Microsoft.Communication.IncomingCall"}}},
		{reason: "a CloudEvent has its type elsewhere", filter: EventGridFilter{IncludedEventTypes: []string{"Microsoft.Communication.IncomingCall"}}, cloud: true},
		{reason: "All is every type", filter: EventGridFilter{IncludedEventTypes: []string{"All"}}},
		{reason: "another type is included", filter: EventGridFilter{IncludedEventTypes: []string{"Microsoft.Communication.SMSReceived"}}, excluded: "includedEventTypes"},
		{reason: "another type is included", filter: EventGridFilter{IncludedEventTypes: []string{"Microsoft.Communication.SMSReceived"}}, cloud: true, excluded: "includedEventTypes"},

		{reason: "the subject begins so", filter: EventGridFilter{SubjectBeginsWith: "/caller/4:+44"}},
		{reason: "the subject begins otherwise, although it has the text", filter: EventGridFilter{SubjectBeginsWith: "4:+44"}, excluded: "subjectBeginsWith"},
		{reason: "the subject ends so", filter: EventGridFilter{SubjectEndsWith: "/recipient/4:+14255550101"}},
		{reason: "the subject ends otherwise, although it has the text", filter: EventGridFilter{SubjectEndsWith: "/recipient/"}, excluded: "subjectEndsWith"},
		{reason: "both have to match", filter: EventGridFilter{SubjectBeginsWith: "/caller/", SubjectEndsWith: "0102"}, excluded: "subjectEndsWith"},
		{reason: "case does not matter", filter: EventGridFilter{SubjectBeginsWith: "/CALLER/"}},
		{reason: "case matters if asked for, at the beginning", filter: EventGridFilter{SubjectBeginsWith: "/CALLER/", IsSubjectCaseSensitive: true}, excluded: "subjectBeginsWith"},
		{reason: "case matters if asked for, at the end", filter: EventGridFilter{SubjectEndsWith: "R_AGENT", IsSubjectCaseSensitive: true}, cloud: true, excluded: "subjectEndsWith"},
		{reason: "case matters and is the same", filter: EventGridFilter{SubjectEndsWith: "r_agent", IsSubjectCaseSensitive: true}, cloud: true},

		{reason: "one of the values is in it", filter: advanced("StringContains", "data.to.rawId", "0199", "5550101")},
		{reason: "no value is in it", filter: advanced("StringContains", "data.to.rawId", "0199", "0198"), excluded: "advanced filter 1: data.to.rawId StringContains"},
		{reason: "it begins with one of the values", filter: advanced("StringBeginsWith", "data.to.rawId", "8:", "4:")},
		{reason: "it does not begin with what it contains", filter: advanced("StringBeginsWith", "data.to.rawId", "+1"), excluded: "advanced filter 1: data.to.rawId StringBeginsWith"},
		{reason: "it ends with one of the values", filter: advanced("StringEndsWith", "data.to.rawId", "0199", "0101")},
		{reason: "it does not end with what it contains", filter: advanced("StringEndsWith", "data.to.rawId", "4:"), excluded: "advanced filter 1: data.to.rawId StringEndsWith"},
		{reason: "it is one of the values", filter: advanced("StringIn", "data.to.phoneNumber.value", "+14255550199", "+14255550101")},
		{reason: "a part is not the whole", filter: advanced("StringIn", "data.to.phoneNumber.value", "14255550101"), excluded: "advanced filter 1: data.to.phoneNumber.value StringIn"},
		{reason: "none of the values is in it", filter: advanced("StringNotContains", "data.to.rawId", "0199", "0198")},
		{reason: "one of the values is in it", filter: advanced("StringNotContains", "data.to.rawId", "0199", "0101"), excluded: "advanced filter 1: data.to.rawId StringNotContains"},
		{reason: "it begins with none of the values", filter: advanced("StringNotBeginsWith", "data.to.rawId", "8:", "+1")},
		{reason: "it begins with one of the values", filter: advanced("StringNotBeginsWith", "data.to.rawId", "8:", "4:"), excluded: "advanced filter 1: data.to.rawId StringNotBeginsWith"},
		{reason: "it ends with none of the values", filter: advanced("StringNotEndsWith", "data.to.rawId", "0199", "4:")},
		{reason: "it ends with one of the values", filter: advanced("StringNotEndsWith", "data.to.rawId", "0199", "0101"), excluded: "advanced filter 1: data.to.rawId StringNotEndsWith"},
		{reason: "it is none of the values", filter: advanced("StringNotIn", "data.to.rawId", "4:", "0101")},
		{reason: "it is one of the values", filter: advanced("StringNotIn", "data.to.rawId", "8:acs:x", "4:+14255550101"), excluded: "advanced filter 1: data.to.rawId StringNotIn"},
		{reason: "the case of values does not matter", filter: advanced("StringContains", "data.callerDisplayName", "FRONT desk")},
		{reason: "the case of values does not matter, for exact ones too", filter: advanced("StringNotIn", "data.callerDisplayName", "front DESK"), excluded: "advanced filter 1: data.callerDisplayName StringNotIn"},
		{reason: "the case of keys does not matter, Microsoft's own pages mix it", filter: advanced("StringIn", "Data.To.PhoneNumber.Value", "+14255550101")},

		{reason: "a field outside the data", filter: advanced("StringContains", "Subject", "/recipient/4:")},
		{reason: "the type is a field too", filter: advanced("StringEndsWith", "eventType", ".IncomingCall")},
		{reason: "the type of a CloudEvent is another field", filter: advanced("StringEndsWith", "type", ".IncomingCall"), cloud: true},
		{reason: "the source of a CloudEvent", filter: advanced("StringBeginsWith", "source", "/subscriptions/"), cloud: true},

		{
			reason: "an app user has no number, and what is missing contains nothing", filter: advanced("StringContains", "data.to.phoneNumber.value", ""), cloud: true,
			excluded: "advanced filter 1: data.to.phoneNumber.value StringContains, and the event has no such field",
		},
		{
			reason: "what is missing is not one of the values", filter: advanced("StringIn", "data.to.phoneNumber.value", ""), cloud: true,
			excluded: "advanced filter 1: data.to.phoneNumber.value StringIn, and the event has no such field",
		},
		{
			reason: "as documented, a missing field does not match StringNotContains", filter: advanced("StringNotContains", "data.to.phoneNumber.value", "x"), cloud: true,
			excluded: "advanced filter 1: data.to.phoneNumber.value StringNotContains, and the event has no such field",
		},
		{
			reason: "as documented, a missing field does not match StringNotBeginsWith", filter: advanced("StringNotBeginsWith", "data.to.phoneNumber.value", "x"), cloud: true,
			excluded: "advanced filter 1: data.to.phoneNumber.value StringNotBeginsWith, and the event has no such field",
		},
		{
			reason: "as documented, a missing field does not match StringNotEndsWith", filter: advanced("StringNotEndsWith", "data.to.phoneNumber.value", "x"), cloud: true,
			excluded: "advanced filter 1: data.to.phoneNumber.value StringNotEndsWith, and the event has no such field",
		},
		{reason: "as documented, a missing field matches StringNotIn", filter: advanced("StringNotIn", "data.to.phoneNumber.value", "x"), cloud: true},
		{reason: "a text has no fields", filter: advanced("StringIn", "data.to.rawId.value", "4:"), excluded: "advanced filter 1: data.to.rawId.value StringIn, and the event has no such field"},
		{reason: "an object is no text", filter: advanced("StringContains", "data.to", "4:"), excluded: "advanced filter 1: data.to StringContains"},
		{reason: "false is no text", filter: advanced("StringIn", "data.from.phoneNumber.isAnonymous", "false"), excluded: "advanced filter 1: data.from.phoneNumber.isAnonymous StringIn"},

		{reason: "it is missing", filter: advanced("IsNullOrUndefined", "data.to.phoneNumber"), cloud: true},
		{reason: "it is null", filter: advanced("IsNullOrUndefined", "data.customContext")},
		{reason: "it is there", filter: advanced("IsNullOrUndefined", "data.to.phoneNumber"), excluded: "advanced filter 1: data.to.phoneNumber IsNullOrUndefined"},
		{reason: "it is there, be it false", filter: advanced("IsNotNull", "data.from.phoneNumber.isAnonymous")},
		{
			reason: "it is null", filter: advanced("IsNotNull", "data.customContext"),
			excluded: "advanced filter 1: data.customContext IsNotNull, and the event has no such field",
		},

		{reason: "all filters match", filter: both(advanced("StringBeginsWith", "data.to.rawId", "4:"), advanced("StringEndsWith", "data.to.rawId", "0101"))},
		{
			reason: "one filter does not match, although another one of the same field does",
			filter: both(advanced("StringBeginsWith", "data.to.rawId", "4:"), advanced("StringEndsWith", "data.to.rawId", "0102")), excluded: "advanced filter 2: data.to.rawId StringEndsWith",
		},
	} {
		var event map[string]any
		text := filteredEvent
		if tc.cloud {
			text = filteredCloudEvent
		}
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			t.Fatal(err)
		}
		if got := tc.filter.excludedBy(event); got != tc.excluded {
			t.Errorf("%s: %+v: got %q, want %q", tc.reason, tc.filter, got, tc.excluded)
		}
		if err := tc.filter.validate(map[bool]GridSchema{true: GridSchemaCloudEvents}[tc.cloud]); err != nil {
			t.Errorf("%s: the filter is refused: %v", tc.reason, err)
		}
	}
}

func TestParseEventGridFilter(t *testing.T) {
	t.Parallel()
	// What the az command prints has all fields, null where nothing is set.
	got, err := ParseEventGridFilter([]byte(`{
  "advancedFilters": [
    {"key": "data.from.phoneNumber.value", "operatorType": "StringContains", "values": ["+442079460001", "+14255550101"]},
    {"key": "data.to.rawId", "operatorType": "StringNotBeginsWith", "values": ["8"]},
    {"key": "data.customContext", "operatorType": "IsNullOrUndefined"}
  ],
  "enableAdvancedFilteringOnArrays": null,
  "includedEventTypes": ["Microsoft.Communication.IncomingCall"],
  "isSubjectCaseSensitive": null,
  "subjectBeginsWith": "/caller/",
  "subjectEndsWith": ""
}`), "")
	want := ofTheSample()
	want.AdvancedFilters = append(want.AdvancedFilters, EventGridAdvancedFilter{OperatorType: "IsNullOrUndefined", Key: "data.customContext"})
	want.IncludedEventTypes, want.SubjectBeginsWith = []string{"Microsoft.Communication.IncomingCall"}, "/caller/"
	if diff := cmp.Diff(&want, got); err != nil || diff != "" {
		t.Errorf("error %v:\n%s", err, diff)
	}
}

func TestFiltersThatAreRefused(t *testing.T) {
	t.Parallel()
	filters := func(count, values int) string {
		one := `{"operatorType":"StringIn","key":"data.to.rawId","values":[` + strings.Join(slices.Repeat([]string{`"8:"`}, values), ",") + `]}`
		return `{"advancedFilters":[` + strings.Join(slices.Repeat([]string{one}, count), ",") + `]}`
	}
	single := func(operator, key, values string) string {
		return fmt.Sprintf(`{"advancedFilters":[{"operatorType":%q,"key":%q,"values":%s}]}`, operator, key, values)
	}
	for _, tc := range []struct {
		reason, file string
		schema       GridSchema
		want         string
	}{
		{reason: "as many filters as there may be", file: filters(25, 1)},
		{reason: "as many values as there may be", file: filters(1, 25)},
		{reason: "a value as long as it may be, counted in characters", file: single("StringIn", "data.to.rawId", `["`+strings.Repeat("é", 512)+`"]`)},
		{reason: "a key of a CloudEvent", file: single("StringIn", "source", `["x"]`), schema: GridSchemaCloudEvents},

		{reason: "no JSON", file: `filter:`, want: "the filter: invalid character"},
		{reason: "nothing", file: ``, want: "the filter: the file is empty; its form is that of az eventgrid event-subscription show --query filter"},
		{reason: "the whole subscription", file: `{"filter":{}}`, want: `unknown field "filter"; its form is that of az eventgrid`},
		{reason: "a misspelt field", file: `{"advancedFilters":[{"operator":"StringIn"}]}`, want: `unknown field "operator"`},
		{reason: "two filters", file: `{} {}`, want: "there is more after the filter"},
		{reason: "an empty type", file: `{"includedEventTypes":[""]}`, want: "an included event type is empty: write one such as Microsoft.Communication.IncomingCall"},
		{reason: "too many filters", file: filters(26, 0), want: "a subscription has at most 25 advanced filters, not 26: remove some"},
		{reason: "too many values together", file: filters(2, 13), want: "have at most 25 values together, not 26: remove some"},
		{
			reason: "an operator for numbers, which has a value where others have values", file: `{"advancedFilters":[{"value":5,"key":"data.x","operatorType":"NumberLessThan"}]}`,
			want: `the simulator does not have the operatorType "NumberLessThan": write one of IsNotNull, IsNullOrUndefined, StringBeginsWith, StringContains, `,
		},
		{reason: "an operator that is no text", file: `{"advancedFilters":[{"operatorType":5}]}`, want: "an operatorType is a text such as StringContains"},
		{reason: "no operator", file: `{"advancedFilters":[{"key":"data.to.rawId","values":["8:"]}]}`, want: `advanced filter 1: the simulator does not have the operatorType ""`},
		{
			reason: "a key without data", file: single("StringIn", "to.rawId", `["8:"]`),
			want: `advanced filter 1: the key "to.rawId" is no field of an event in the schema eventgrid: write a field of its data, such as data.to.rawId, or one of id, topic, subject, eventType, dataVersion`,
		},
		{reason: "no key", file: single("StringIn", "", `["8:"]`), want: `the key "" is no field`},
		{reason: "data is no field that can be compared", file: single("StringIn", "data", `["8:"]`), want: `the key "data" is no field`},
		{reason: "a name is empty", file: single("StringIn", "data.to.", `["8:"]`), want: `the key "data.to." is no field`},
		{
			reason: "a key of the other schema", file: single("StringIn", "eventType", `["x"]`), schema: GridSchemaCloudEvents,
			want: `the key "eventType" is no field of an event in the schema cloudevents: write a field of its data, such as data.to.rawId, or one of id, source, subject, type, specversion`,
		},
		{reason: "no values", file: single("StringIn", "data.to.rawId", `[]`), want: `StringIn needs values to compare with: write some, such as "values": ["8:"]`},
		{reason: "values for nothing", file: single("IsNotNull", "data.to.rawId", `["8:"]`), want: "IsNotNull compares with nothing: remove the values"},
		{reason: "a value that is no text", file: single("StringIn", "data.to.rawId", `[8]`), want: "cannot unmarshal number"},
		{reason: "a value that is too long", file: single("StringIn", "data.to.rawId", `["`+strings.Repeat("x", 513)+`"]`), want: "a value has at most 512 characters, not 513: shorten it"},
	} {
		_, err := ParseEventGridFilter([]byte(tc.file), tc.schema)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: got %v, want an error that says %q", tc.reason, err, tc.want)
		}
	}
}

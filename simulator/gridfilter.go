// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// EventGridFilter says which events a subscription receives. It has the form of the filter object of an Azure event
// subscription. An event has to pass all of its parts.
// Source: https://learn.microsoft.com/azure/event-grid/event-filtering.
type EventGridFilter struct {
	// IncludedEventTypes are the types of the events that pass, such as Microsoft.Communication.IncomingCall. All pass if it
	// is empty or contains All.
	IncludedEventTypes []string `json:"includedEventTypes,omitempty"`
	// SubjectBeginsWith and SubjectEndsWith are what the event's subject begins and ends with.
	SubjectBeginsWith string `json:"subjectBeginsWith,omitempty"`
	SubjectEndsWith   string `json:"subjectEndsWith,omitempty"`
	// IsSubjectCaseSensitive has both compared case-sensitively.
	IsSubjectCaseSensitive bool `json:"isSubjectCaseSensitive,omitempty"`
	// EnableAdvancedFilteringOnArrays has no effect, as an IncomingCall has no arrays.
	EnableAdvancedFilteringOnArrays bool `json:"enableAdvancedFilteringOnArrays,omitempty"`
	// AdvancedFilters compare fields of the event.
	AdvancedFilters []EventGridAdvancedFilter `json:"advancedFilters,omitempty"`
}

// EventGridAdvancedFilter compares a field of an event with values. Comparisons ignore case.
type EventGridAdvancedFilter struct {
	// OperatorType is the comparison, such as StringContains.
	OperatorType GridOperator `json:"operatorType"`
	// Key is the field, such as data.to.rawId. Its case does not matter.
	Key string `json:"key"`
	// Values are alternatives: the field has to match one of them, and with a StringNot operator none of them.
	Values []string `json:"values,omitempty"`
}

// GridOperator is the comparison of an advanced filter, as Event Grid names it.
type GridOperator string

// UnmarshalJSON reads the name of an operator. It refuses unknown operators first, before what their filters contain.
func (o *GridOperator) UnmarshalJSON(data []byte) error {
	var name string
	if err := json.Unmarshal(data, &name); err != nil {
		return errors.New("an operatorType is a text such as StringContains")
	}
	*o = GridOperator(name)
	return o.validate()
}

func (o GridOperator) validate() error {
	if _, known := gridOperators[o]; known {
		return nil
	}
	names := slices.Sorted(maps.Keys(gridOperators))
	return fmt.Errorf("the simulator does not have the operatorType %q: write one of %s", string(o), joined(names))
}

// Limits of a subscription's advanced filters.
// Source: https://learn.microsoft.com/azure/event-grid/event-filtering#limitations.
const (
	maxAdvancedFilters = 25
	maxFilterValues    = 25
	maxFilterValueSize = 512
)

// gridOperator compares the value of a field, nil for one that the event lacks, with the values of a filter.
type gridOperator struct {
	matches func(field any, values []string) bool
	// unary operators take no values.
	unary bool
}

// gridOperators are the operators. If an event lacks the field, of the String operators only StringNotIn matches.
// Source: https://learn.microsoft.com/azure/event-grid/event-filtering#stringnotin.
var gridOperators = map[GridOperator]gridOperator{
	"StringContains":      {matches: anyOf(strings.Contains)},
	"StringBeginsWith":    {matches: anyOf(strings.HasPrefix)},
	"StringEndsWith":      {matches: anyOf(strings.HasSuffix)},
	"StringIn":            {matches: anyOf(equal)},
	"StringNotContains":   {matches: noneOf(strings.Contains, false)},
	"StringNotBeginsWith": {matches: noneOf(strings.HasPrefix, false)},
	"StringNotEndsWith":   {matches: noneOf(strings.HasSuffix, false)},
	"StringNotIn":         {matches: noneOf(equal, true)},
	"IsNullOrUndefined":   {matches: func(field any, _ []string) bool { return field == nil }, unary: true},
	"IsNotNull":           {matches: func(field any, _ []string) bool { return field != nil }, unary: true},
}

func equal(a, b string) bool { return a == b }

// anyOf matches a text that compares with at least one value.
func anyOf(compare func(text, value string) bool) func(any, []string) bool {
	return func(field any, values []string) bool {
		text, isText := field.(string)
		return isText && slices.ContainsFunc(values, func(value string) bool {
			return compare(strings.ToLower(text), strings.ToLower(value))
		})
	}
}

// noneOf matches a text that compares with no value; withoutText says what becomes of an event without such a text.
func noneOf(compare func(text, value string) bool, withoutText bool) func(any, []string) bool {
	compares := anyOf(compare)
	return func(field any, values []string) bool {
		if _, isText := field.(string); !isText {
			return withoutText
		}
		return !compares(field, values)
	}
}

// gridKeys are the fields outside data that a filter can name, by schema. Source:
// https://learn.microsoft.com/azure/event-grid/event-filtering#key. That it can name the subject of a CloudEvent is
// assumed.
var gridKeys = map[GridSchema][]string{
	GridSchemaEventGrid:   {"id", "topic", "subject", "eventType", "dataVersion"},
	GridSchemaCloudEvents: {"id", "source", "subject", "type", "specversion"},
}

// ParseEventGridFilter reads a JSON file with the filter of a subscription whose events have a schema, GridSchemaEventGrid when
// it is empty. Unknown fields are an error.
func ParseEventGridFilter(file []byte, schema GridSchema) (*EventGridFilter, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.DisallowUnknownFields()
	filter := &EventGridFilter{}
	err := decoder.Decode(filter)
	switch {
	case errors.Is(err, io.EOF):
		err = errors.New("the file is empty")
	case err == nil && decoder.Decode(&struct{}{}) != io.EOF:
		err = errors.New("there is more after the filter")
	}
	if err != nil {
		return nil, fmt.Errorf("the filter: %w; its form is that of az eventgrid event-subscription show --query filter", err)
	}
	if err := filter.validate(schema); err != nil {
		return nil, err
	}
	return filter, nil
}

// validate finds what Event Grid refuses.
func (f *EventGridFilter) validate(schema GridSchema) error {
	if f == nil {
		return nil
	}
	if slices.Contains(f.IncludedEventTypes, "") {
		return errors.New("an included event type is empty: write one such as Microsoft.Communication.IncomingCall")
	}
	if count := len(f.AdvancedFilters); count > maxAdvancedFilters {
		return fmt.Errorf("a subscription has at most %d advanced filters, not %d: remove some", maxAdvancedFilters, count)
	}
	values := 0
	for i, advanced := range f.AdvancedFilters {
		if err := advanced.validate(schema); err != nil {
			return fmt.Errorf("advanced filter %d: %w", i+1, err)
		}
		values += len(advanced.Values)
	}
	if values > maxFilterValues {
		return fmt.Errorf("the advanced filters of a subscription have at most %d values together, not %d: remove some", maxFilterValues, values)
	}
	return nil
}

func (a EventGridAdvancedFilter) validate(schema GridSchema) error {
	if err := a.OperatorType.validate(); err != nil {
		return err
	}
	if err := validateGridKey(a.Key, schema); err != nil {
		return err
	}
	unary := gridOperators[a.OperatorType].unary
	switch {
	case unary && len(a.Values) > 0:
		return fmt.Errorf("%s compares with nothing: remove the values", a.OperatorType)
	case !unary && len(a.Values) == 0:
		return fmt.Errorf(`%s needs values to compare with: write some, such as "values": ["8:"]`, a.OperatorType)
	}
	for _, value := range a.Values {
		if size := utf8.RuneCountInString(value); size > maxFilterValueSize {
			return fmt.Errorf("a value has at most %d characters, not %d: shorten it", maxFilterValueSize, size)
		}
	}
	return nil
}

// validateGridKey finds keys that no event of a schema has, such as those that lack data. at the beginning.
func validateGridKey(key string, schema GridSchema) error {
	if schema == "" {
		schema = GridSchemaEventGrid
	}
	isKey := func(name string) bool { return strings.EqualFold(name, key) }
	first, rest, _ := strings.Cut(key, ".")
	inData := strings.EqualFold(first, "data") && !slices.Contains(strings.Split(rest, "."), "")
	if inData || slices.ContainsFunc(gridKeys[schema], isKey) {
		return nil
	}
	return fmt.Errorf("the key %q is no field of an event in the schema %s: write a field of its data, such as data.to.rawId, or one of %s",
		key, schema, joined(gridKeys[schema]))
}

// joined lists names.
func joined[S ~string](names []S) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}

// excludedBy is the part of the filter that an event does not pass, in words without values; empty if it passes. The event is
// decoded JSON in the schema in which it is delivered.
func (f *EventGridFilter) excludedBy(event map[string]any) string {
	subject, _ := gridField(event, "subject").(string)
	switch {
	case !f.includes(event):
		return "includedEventTypes"
	case !strings.HasPrefix(f.subjectCase(subject), f.subjectCase(f.SubjectBeginsWith)):
		return "subjectBeginsWith"
	case !strings.HasSuffix(f.subjectCase(subject), f.subjectCase(f.SubjectEndsWith)):
		return "subjectEndsWith"
	}
	for i, advanced := range f.AdvancedFilters {
		field := gridField(event, advanced.Key)
		if gridOperators[advanced.OperatorType].matches(field, advanced.Values) {
			continue
		}
		excluded := fmt.Sprintf("advanced filter %d: %s %s", i+1, advanced.Key, advanced.OperatorType)
		if field == nil {
			excluded += ", and the event has no such field"
		}
		return excluded
	}
	return ""
}

// includes tells whether the type of an event passes.
func (f *EventGridFilter) includes(event map[string]any) bool {
	return len(f.IncludedEventTypes) == 0 || slices.ContainsFunc(f.IncludedEventTypes, func(included string) bool {
		return strings.EqualFold(included, "All") || strings.EqualFold(included, gridType(event))
	})
}

// subjectCase makes texts equal that the filter takes for equal.
func (f *EventGridFilter) subjectCase(text string) string {
	if f.IsSubjectCaseSensitive {
		return text
	}
	return strings.ToLower(text)
}

// gridType is the type of an event in either schema.
func gridType(event map[string]any) string {
	for _, key := range []string{"eventType", "type"} {
		if kind, isText := event[key].(string); isText {
			return kind
		}
	}
	return ""
}

// gridField is the value of a field, whose names are separated by dots; nil if the event lacks it. Case does not matter.
func gridField(event map[string]any, key string) any {
	var value any = event
	for name := range strings.SplitSeq(key, ".") {
		fields, _ := value.(map[string]any)
		value = nil
		for field, inside := range fields {
			if strings.EqualFold(field, name) {
				value = inside
			}
		}
	}
	return value
}

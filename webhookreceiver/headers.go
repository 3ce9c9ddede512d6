// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// headersOf are the headers of an incoming call that its Call keeps, and the names of those that do not fit. A header
// is kept whole or not at all, since half a value is a different value. Two deliveries of an event keep the same
// headers.
func headersOf(sip, voip map[string]string) (kept *v1alpha1.Headers, omitted []string) {
	room := v1alpha1.MaxHeaderBytes
	keep := func(headers map[string]string) (into map[string]string) {
		for _, name := range slices.SortedFunc(maps.Keys(headers), shortFirst(headers)) {
			value := strings.ToValidUTF8(headers[name], "\uFFFD")
			size := len(name) + len(value)
			if name == "" || len(into) == v1alpha1.MaxHeaders || size > room ||
				utf8.RuneCountInString(name) > v1alpha1.MaxHeaderName || utf8.RuneCountInString(value) > v1alpha1.MaxHeaderValue {
				omitted = append(omitted, omittedName(name))
				continue
			}
			room -= size
			if into == nil {
				into = map[string]string{}
			}
			into[name] = value
		}
		return into
	}
	kept = &v1alpha1.Headers{SIP: keep(sip), VoIP: keep(voip)}
	if kept.SIP == nil && kept.VoIP == nil {
		kept = nil
	}
	slices.Sort(omitted)
	if surplus := len(omitted) - v1alpha1.MaxOmittedHeaders; surplus > 0 {
		omitted = append(omitted[:v1alpha1.MaxOmittedHeaders-1], fmt.Sprintf("and %d more", surplus+1))
	}
	return kept, omitted
}

// shortFirst orders headers by length, so that a long one displaces no others, and then by name.
func shortFirst(headers map[string]string) func(a, b string) int {
	return func(a, b string) int {
		if d := len(a) + len(headers[a]) - len(b) - len(headers[b]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	}
}

// omittedName is the name of a header in a form that the API server accepts.
func omittedName(name string) string {
	if name == "" {
		return "(no name)"
	}
	return cut(strings.ToValidUTF8(name, "\uFFFD"), v1alpha1.MaxHeaderName)
}

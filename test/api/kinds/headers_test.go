// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"strings"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// TestCallHeaders keeps ACS's limits, so that a call does not fail for them when it is placed.
func TestCallHeaders(t *testing.T) {
	t.Parallel()
	const (
		saysName = "a SIP header is User-To-User, or begins with X- or X-MS-Custom-"
		saysSize = "write the value of a SIP header with letters, digits"
	)
	sip := func(headers string) string { return with("headers: {sip: {" + headers + "}}") }
	five := "X-1: a, X-2: a, X-3: a, X-4: a, X-5: a"
	long := strings.Repeat("x", 1024)
	judge(t, "Call", []judged{
		{"all sorts", "what ACS takes", with(`headers: {sip: {User-To-User: "0064;encoding=hex", X-Ticket: "4711", X-MS-Custom-Ticket: "4711"}, voip: {customer: "any text"}}`), ""},
		{"five", "the bound is allowed, and User-To-User does not count", sip(five + ", User-To-User: a"), ""},
		{"six", "beyond the bound", sip(five + ", X-6: a"), "ACS accepts 5 SIP headers in addition to User-To-User"},
		{"another name", "ACS takes no other SIP headers", sip("From: a"), saysName},
		{"reserved", "reserved for the service", sip("X-MS-Ticket: a"), "SIP headers that begin with X-MS- are reserved"},
		{"small letters", "ACS documents capitals", sip("x-ticket: a"), saysName},
		{"a space in the name", "no header has one", sip(`"X-A B": a`), saysName},
		{"long name", "beyond the bound", sip("X-" + long[:63] + ": a"), saysName},
		{"longest value", "the bound is allowed", sip("X-A: " + long[:256]), ""},
		{"long value", "beyond the bound", sip("X-A: " + long[:257]), saysSize},
		{"a line break", "it would begin another header", sip(`X-A: "a\r\nX-B: b"`), saysSize},
		{"long VoIP value", "beyond the bound", with("headers: {voip: {a: " + long + "x}}"), "spec.headers.voip.a: Too long"},
		{"much", "a Call is bounded", with("headers: {voip: {a: " + long + ", b: " + long + "}}"), "the VoIP headers of a Call may have 2048 characters in total"},
		{"too many", "a Call is bounded", with("headers: {voip: {" + many(17) + "}}"), "must have at most 16 items"},
		{"incoming", "they have their own place", inbound(arrived) + "headers: {sip: {X-A: a}}", "headers are for outbound calls only"},
		{"came with a call", "whatever the caller's side sent", inbound(arrived + `, onBehalfOf: {phoneNumber: "+14255550133"}, omittedHeaders: [X-Long], headers: {sip: {"Any: thing": "a b"}, voip: {b: ""}}`), ""},
	})
}

func many(n int) string {
	headers := make([]string, n)
	for i := range headers {
		headers[i] = fmt.Sprintf("h%d: a", i)
	}
	return strings.Join(headers, ", ")
}

func TestRouteContext(t *testing.T) {
	t.Parallel()
	judge(t, "CallRoute", []judged{
		{"header", "any value", rejecting("{headers: [{name: X-Ticket}]}"), ""},
		{"header with a value", "the whole value", rejecting("{headers: [{name: X-Ticket, value: ''}]}"), ""},
		{"header with a prefix", "its beginning", rejecting("{headers: [{name: X-Ticket, prefix: '47'}]}"), ""},
		{"header in two ways", "which of them?", rejecting("{headers: [{name: X-Ticket, prefix: '47', value: '4711'}]}"), "match a header in one way"},
		{"header without a name", "which header?", rejecting("{headers: [{value: '4711'}]}"), "spec.match.headers[0].name: Required value"},
		{"no header", "leave it out instead", rejecting("{headers: []}"), "spec.match.headers: Invalid value"},
		{"17 headers", "beyond the bound", rejecting("{headers: " + times(17, "{name: X-A}") + "}"), "must have at most 16 items"},
		{"on behalf", "for whom the call is", rejecting("{onBehalfOf: [{exact: {phoneNumber: '+14255550133'}}]}"), ""},
		{"on behalf of nobody", "nobody calls nobody", rejecting("{onBehalfOf: [{kind: Anonymous}]}"), "the party that was called is never anonymous"},
		{"named caller", "callers may have a name", rejecting("{from: [{exact: {rawID: '4:MyBank'}}]}"), ""},
		{"number as a raw ID", "one party has one name", rejecting("{from: [{exact: {rawID: '4:+14255550123'}}]}"), "rawID names a telephone number: set phoneNumber instead"},
	})
	judge(t, "CallRoute", []judged{{
		"redirect to a raw ID", "a short code cannot be called in this way",
		"{providerRef: {name: acs}, action: {redirect: {to: {rawID: '4:72727'}}}}", "a party that has only a raw ID cannot be called",
	}})
	judge(t, "ParticipantMove", []judged{{
		"named participant", "any participant can be moved", "{from: {name: a}, to: {name: b}, participants: [{rawID: '4:MyBank'}]}", "",
	}})
	judge(t, "Call", []judged{
		{"call a raw ID", "a short code cannot be called in this way", to("{rawID: '4:72727'}"), "a party that has only a raw ID cannot be called"},
		{"named caller", "the caller is recorded", inbound(arrived + ", from: {rawID: '4:MyBank'}"), ""},
	})
}

// changedHeaders are cases of TestCallChanges.
func changedHeaders() []struct {
	name, reason string
	spec         string
	status       *v1alpha1.CallStatus
	patch, want  string
} {
	const (
		patch = `{"headers":{"sip":{"X-Ticket":"2"}}}`
		fixed = "spec.headers: Invalid value: cannot change once the call is placed: create a new Call"
	)
	return []struct {
		name, reason string
		spec         string
		status       *v1alpha1.CallStatus
		patch, want  string
	}{
		{"headers, waiting", "nothing is sent yet", numberToNumber, waiting, patch, ""},
		{"headers, dialled", "a repetition is the same request", numberToNumber, dialled, patch, fixed},
		{"other headers, dialled", "a repetition is the same request", with("headers: {sip: {X-Ticket: '1'}}"), dialled, patch, fixed},
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callstatus

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

func TestAnnounce(t *testing.T) {
	waits := func(reason, message string) Fact { return Waits{Reason: reason, Message: message, At: second(3)} }
	waiting := func(warning bool, reason string) []statemachine.Announcement {
		return []statemachine.Announcement{{Warning: warning, Reason: reason, Action: "Wait", Message: "m"}}
	}
	dials := statemachine.Announcement{Reason: "Dialing", Action: "Dial", Message: "Placing the call."}
	connects := statemachine.Announcement{Reason: "Connected", Action: "Connect", Message: "The call was answered."}
	ends := func(warning bool, reason, message string) statemachine.Announcement {
		return statemachine.Announcement{Warning: warning, Reason: reason, Action: "End", Message: message}
	}
	seen := []Fact{observed(1)}
	cases := []struct {
		name, reason string
		before, then []Fact
		want         []statemachine.Announcement
	}{
		{"observed", "nothing that a person waits for happened", nil, seen, nil},
		{"dialing", "the callee is about to be rung", seen, []Fact{intended(2)}, []statemachine.Announcement{dials}},
		{"placed", "that it is being dialled is known", dialing, []Fact{placed(3)}, nil},
		{"connected", "somebody answered", ringing, []Fact{answered(4)}, []statemachine.Announcement{connects}},
		{"roster", "rosters change too often to be told of", onTheAir, []Fact{roster(5, 1, phone(callee))}, nil},
		{"hanging up", "the end will be told of", onTheAir, []Fact{ending(9, v1alpha1.EndingRequested)}, nil},
		{
			"ended as wanted", "no person has to act", onTheAir, []Fact{disconnected(9, 0, 0)},
			[]statemachine.Announcement{ends(false, "Completed", "The call ended in the ordinary way.")},
		},
		{
			"ended otherwise", "a person may want to act", ringing, []Fact{disconnected(9, 486, 0)},
			[]statemachine.Announcement{ends(true, "Busy", "The callee is busy.")},
		},
		{
			"answered and ended in one write", "each is told of, in the order in which it happened", ringing,
			[]Fact{answered(4), disconnected(9, 0, 0)},
			[]statemachine.Announcement{connects, ends(false, "Completed", "The call ended in the ordinary way.")},
		},
		{"the same again", "what was announced is not announced again", onTheAir, []Fact{answered(4), placed(5)}, nil},
		{"after the end", "late news change nothing", after(onTheAir, disconnected(9, 0, 0)), []Fact{createFailed(10, 486, 0)}, nil},
		{"in line", "to wait for one's turn is ordinary", seen, []Fact{waits("WaitingForCapacity", "m")}, waiting(false, "WaitingForCapacity")},
		{"callee busy", "to wait for one's turn is ordinary", seen, []Fact{waits("WaitingForCallee", "m")}, waiting(false, "WaitingForCallee")},
		{
			"in line behind a number", "Events name no number", seen, []Fact{waits("WaitingForCapacity", "Number +14255550100 is in use.")},
			[]statemachine.Announcement{{Reason: "WaitingForCapacity", Action: "Wait", Message: "Number +...00 is in use."}},
		},
		{"paced", "to wait for one's turn is ordinary", seen, []Fact{waits("Paced", "m")}, waiting(false, "Paced")},
		{"no provider", "somebody has to create it", seen, []Fact{waits("ProviderNotFound", "m")}, waiting(true, "ProviderNotFound")},
		{"throttled", "somebody should know that ACS is asked for too much", dialing, []Fact{notPlaced(3)}, []statemachine.Announcement{
			{Warning: true, Reason: "Throttled", Action: "Wait", Message: "slow down"},
		}},
		{
			"still in line", "a new place in line is no news", after(seen, waits("Paced", "3 ahead")),
			[]Fact{waits("Paced", "2 ahead")}, nil,
		},
		{
			"waits for something else", "another reason is news", after(seen, waits("Paced", "m")),
			[]Fact{waits("NumberNotOwned", "m")}, waiting(true, "NumberNotOwned"),
		},
		{"no longer waits", "that it is dialled says it", after(seen, waits("Paced", "m")), []Fact{intended(4)}, []statemachine.Announcement{dials}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := Apply(unseen(), c.before...)
			got := Announce(before, Apply(before, c.then...))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestAnnounceEachChangeOnce: two writers that share a life announce what one would have announced.
func TestAnnounceEachChangeOnce(t *testing.T) {
	for _, life := range everyEnd() {
		whole := Announce(unseen(), Apply(unseen(), life...))
		var inSteps []statemachine.Announcement
		status := unseen()
		for _, fact := range life {
			next := Apply(status, fact)
			inSteps = append(inSteps, Announce(status, next)...)
			status = next
		}
		if diff := cmp.Diff(whole, inSteps); diff != "" {
			t.Errorf("in one write and in many (-one +many):\n%s", diff)
		}
	}
}

// TestAnnounceNamesNoNumber: Events are read by more people than Calls.
func TestAnnounceNamesNoNumber(t *testing.T) {
	for _, life := range everyEnd() {
		for _, news := range Announce(unseen(), Apply(unseen(), life...)) {
			if strings.Contains(news.Message, caller) || strings.Contains(news.Message, callee) {
				t.Errorf("%s names a number: %s", news.Reason, news.Message)
			}
			if news.Message == "" && news.Reason != "Failed" {
				t.Errorf("%s says nothing", news.Reason)
			}
		}
	}
}

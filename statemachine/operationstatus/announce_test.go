// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operationstatus

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine"
)

func TestAnnounce(t *testing.T) {
	begun := []Fact{observed(1)}
	moves := statemachine.Announcement{Reason: "Moving", Action: "Move", Message: "Moving the participants."}
	ends := func(warning bool, reason, message string) statemachine.Announcement {
		return statemachine.Announcement{Warning: warning, Reason: reason, Action: "End", Message: message}
	}
	waiting := func(reason string) []statemachine.Announcement {
		return []statemachine.Announcement{{Warning: true, Reason: reason, Action: "Wait", Message: "It waits."}}
	}
	cases := []struct {
		name, reason string
		before, then []Fact
		want         []statemachine.Announcement
	}{
		{"observed", "nothing that a person waits for happened", nil, begun, nil},
		{"sent", "somebody is about to be moved", begun, []Fact{intended(2, one, two)}, []statemachine.Announcement{moves}},
		{"taken", "that it is sent is known", sent, []Fact{accepted(3)}, nil},
		{"one moved", "the end will be told of", taken, []Fact{succeeded(4, one)}, nil},
		{"moved", "no person has to act", taken, []Fact{succeeded(4, one), succeeded(5, two)}, []statemachine.Announcement{ends(false, "Moved", "Moved to Call target.")}},
		{"refused", "a person may want to act", sent, []Fact{refused(4)}, []statemachine.Announcement{ends(true, "Failed", "no")}},
		{"too late", "a person may want to act", begun, []Fact{TimedOut{Message: "no", At: second(4)}}, []statemachine.Announcement{ends(true, "TimedOut", "no")}},
		{"after the end", "late news changes nothing", after(taken, abandoned(9)), []Fact{succeeded(10, one)}, nil},
		{"waits for a Call", "that is ordinary", begun, []Fact{waits(2, v1alpha1.ReasonCallNotFound)}, nil},
		{"waits for its turn", "so is that", begun, []Fact{waits(2, v1alpha1.ReasonMoveInFlight)}, nil},
		{"waits for a provider", "somebody has to mend it", begun, []Fact{waits(2, v1alpha1.ReasonProviderNotFound)}, waiting("ProviderNotFound")},
		{"ambiguous", "somebody has to change labels", begun, []Fact{waits(2, v1alpha1.ReasonCallAmbiguous)}, waiting("CallAmbiguous")},
		{"waits for something else", "that somebody has to act is known", after(begun, waits(2, "ProviderNotFound")), []Fact{waits(3, "SecretNotFound")}, nil},
		{"throttled", "it is tried again, and what was told stands", sent, []Fact{notSent(3)}, nil},
		{"tried again", "what was told stands", after(sent, notSent(3)), []Fact{intended(33, one, two)}, nil},
		{"unresolved", "it is repeated, and the end will be told of", sent, []Fact{unresolved(4)}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := ApplyToMove(unseen(), c.before...)
			if diff := cmp.Diff(c.want, AnnounceMove(before, ApplyToMove(before, c.then...))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestAnnounceLittle: a move has at most three Kubernetes Events, however often it is tried, and none names a number.
func TestAnnounceLittle(t *testing.T) {
	hard := []Fact{observed(1), waits(2, "SecretNotFound"), waits(3, "InvalidCredentials"), intended(4, one, two)}
	for i := range 5 {
		hard = append(hard, notSent(5+i), intended(6+i, one, two), unresolved(7+i))
	}
	for _, life := range append(everyEnd(), after(hard, succeeded(20, one), failed(21, two))) {
		var all []statemachine.Announcement
		status := unseen()
		for _, fact := range life {
			next := ApplyToMove(status, fact)
			all = append(all, AnnounceMove(status, next)...)
			status = next
		}
		if len(all) == 0 || len(all) > 3 {
			t.Errorf("%v: %d events: %v", life, len(all), all)
		}
		for _, news := range all {
			if strings.Contains(news.Message, "+1425") || news.Message == "" {
				t.Errorf("%s says %q", news.Reason, news.Message)
			}
		}
	}
}

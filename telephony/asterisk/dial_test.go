// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// The requests of a dial.
const (
	creates = "create"
	asks    = "ask"
	commits = "commit"
	marks   = "mark"
	dials   = "dial"
)

// answer is what Asterisk answers to a request.
type answer struct {
	status  int
	message string
}

var (
	notYet     = answer{http.StatusConflict, "Channel not in Stasis application"}
	unknownOne = answer{http.StatusNotFound, "Channel not found"}
)

// scripted is a server that answers as Asterisk does: with success, unless the script has something else for the next request of a
// kind. It returns the kinds of the requests, and of the commits, in order.
func scripted(t *testing.T, channel ari.Channel, script map[string][]answer) (telephony.Service, *[]string) {
	t.Helper()
	var seen []string
	kindOf := func(r *http.Request) string {
		switch line := r.Method + " " + r.URL.Path; line {
		case "POST /ari/channels/create":
			return creates
		case "GET /ari/channels/attempt":
			return asks
		case "POST /ari/channels/attempt/variable":
			return marks
		case "POST /ari/channels/attempt/dial":
			return dials
		default:
			t.Errorf("%s is sent", line)
			return line
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := kindOf(r)
		seen = append(seen, kind)
		w.Header().Set("Server", "Asterisk/22.10.1")
		if next := script[kind]; len(next) > 0 {
			script[kind] = next[1:]
			if next[0].status != http.StatusOK {
				w.WriteHeader(next[0].status)
				_, _ = fmt.Fprintf(w, `{"message":%q}`, next[0].message)
				return
			}
		}
		if err := json.NewEncoder(w).Encode(channel); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	made, _ := connected(t, server.URL+"/ari", secretWith(nil))
	made.(*service).sleep = func(context.Context, time.Duration) error { return nil }
	return made, &seen
}

// TestDialSteps: nothing is created after the commit, and nothing is dialled before it.
func TestDialSteps(t *testing.T) {
	down := ari.Channel{ID: "attempt", State: ari.StateDown}
	marked := ari.Channel{ID: "attempt", State: ari.StateDown, Variables: map[string]string{variableDialled: "yes"}}
	ringing := ari.Channel{ID: "attempt", State: ari.StateRinging, Variables: map[string]string{variableDialled: "yes"}}
	all := []string{creates, asks, commits, marks, dials}
	cases := []struct {
		name, reason string
		// committed says that an earlier request was; channel is what Asterisk has then.
		committed bool
		channel   ari.Channel
		script    map[string][]answer
		conflict  error
		notAfter  time.Time
		want      []string
		outcome   telephony.Outcome
		class     telephony.Class
	}{
		{name: "first", reason: "an ordinary call", channel: down, want: all, outcome: telephony.OutcomeMade},
		{
			name: "created before", reason: "the channel of a process that died rings nobody", channel: down,
			script: map[string][]answer{creates: {{http.StatusConflict, "Channel with given unique ID already exists"}}}, want: all, outcome: telephony.OutcomeMade,
		},
		{
			name: "not in the application yet", reason: "Asterisk takes some milliseconds", channel: down,
			script: map[string][]answer{marks: {notYet, notYet}, dials: {notYet}}, want: []string{creates, asks, commits, marks, marks, marks, dials, dials},
			outcome: telephony.OutcomeMade,
		},
		{
			name: "no such endpoint", reason: "nothing was created", channel: down, script: map[string][]answer{creates: {{http.StatusInternalServerError, "Allocation failed"}}},
			want: []string{creates}, outcome: telephony.OutcomeNotMade, class: telephony.ClassRefused,
		},
		{
			name: "nobody listens", reason: "Asterisk has dropped the channel", channel: down, script: map[string][]answer{asks: {unknownOne}},
			want: []string{creates, asks}, outcome: telephony.OutcomeNotMade, class: telephony.ClassUnavailable,
		},
		{
			name: "deadline is over", reason: "a call that nobody wants any more rings nobody", channel: down, notAfter: time.Now().Add(-time.Second),
			want: []string{creates, asks}, outcome: telephony.OutcomeNotMade, class: telephony.ClassTooLate,
		},
		{
			name: "commit conflicts", reason: "another process may dial", channel: down, conflict: errors.New("conflict"),
			want: []string{creates, asks, commits}, outcome: telephony.OutcomeUnknown, class: telephony.ClassUnavailable,
		},
		{
			name: "cannot be marked", reason: "it can still be dialled by a repetition", channel: down,
			script: map[string][]answer{marks: {{http.StatusInternalServerError, "Not today"}}},
			want:   []string{creates, asks, commits, marks}, outcome: telephony.OutcomeUnknown, class: telephony.ClassUnavailable,
		},
		{
			name: "dialled by another process", reason: "it rings", channel: down,
			script: map[string][]answer{dials: {{http.StatusConflict, "Channel is not in the 'Down' state"}}}, want: all, outcome: telephony.OutcomeMade,
		},
		{
			name: "gone when dialled", reason: "it was hung up before it rang", channel: down, script: map[string][]answer{dials: {unknownOne}},
			want: all, outcome: telephony.OutcomeNotMade, class: telephony.ClassUnavailable,
		},
		{
			name: "dialling fails inside", reason: "the invitation may have left before", channel: down,
			script: map[string][]answer{dials: {{http.StatusInternalServerError, "Not today"}}}, want: all,
			outcome: telephony.OutcomeUnknown, class: telephony.ClassUnavailable,
		},
		{name: "repeated, it rings", reason: "it is the call", committed: true, channel: ringing, want: []string{asks}, outcome: telephony.OutcomeMade},
		{name: "repeated, the network is silent", reason: "a second dialling would end it", committed: true, channel: marked, want: []string{asks}, outcome: telephony.OutcomeMade},
		{
			name: "repeated, never dialled", reason: "the process died right after the commit", committed: true, channel: down,
			want: []string{asks, marks, dials}, outcome: telephony.OutcomeMade,
		},
		{
			name: "repeated, gone", reason: "it may have rung: nothing is created anew", committed: true, script: map[string][]answer{asks: {unknownOne}},
			want: []string{asks}, outcome: telephony.OutcomeUnknown, class: telephony.ClassUnavailable,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			made, seen := scripted(t, c.channel, c.script)
			record := &v1alpha1.RequestAttempt{ID: "attempt"}
			if c.committed {
				now := metav1.Now()
				record.CommittedTime = &now
			}
			commit := func(context.Context) error {
				*seen = append(*seen, commits)
				return c.conflict
			}
			target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: "c", UID: "u"}
			request := telephony.DialRequest{To: &v1alpha1.Identifier{PhoneNumber: "+14255550123"}}
			got, err := made.Dial(t.Context(), request, telephony.Attempt{Record: record, Target: target, NotAfter: c.notAfter, Commit: commit})
			if !slices.Equal(*seen, c.want) {
				t.Errorf("%s: the steps are %v, want %v", c.reason, *seen, c.want)
			}
			if telephony.OutcomeOf(err) != c.outcome || err != nil && !telephony.Is(err, c.class) {
				t.Errorf("%s: got %v, want the outcome %s and the class %s", c.reason, err, c.outcome, c.class)
			}
			want := telephony.Answer{}
			if err == nil {
				want = telephony.Answer{Call: telephony.CallIDs{Connection: "attempt", ServerCall: "attempt"}, Repeatability: v1alpha1.RepeatabilityConfirmed}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

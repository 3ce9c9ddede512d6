// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/telephony"
)

// leg is a channel to somebody whom the operator called.
func leg(id, state, number string) ari.Channel {
	return ari.Channel{ID: id, State: state, Variables: map[string]string{variableParty: "4:" + number}}
}

// comesFrom is a channel that came in.
func comesFrom(id, state, caller string) ari.Channel {
	return ari.Channel{ID: id, State: state, Caller: ari.CallerID{Number: caller}}
}

func bridge(call string, channels ...string) ari.Bridge {
	return ari.Bridge{ID: BridgeOf(call), Channels: channels}
}

const ada, bob, eve = "+14255550101", "+14255550102", "+442079460103"

func phones(numbers ...string) []telephony.Participant {
	roster := []telephony.Participant{}
	for _, number := range numbers {
		roster = append(roster, telephony.Participant{ID: "4:" + number})
	}
	return roster
}

// TestView: what is said of the call whose own channel is "call".
func TestView(t *testing.T) {
	cases := []struct {
		name, reason string
		channels     []ari.Channel
		bridges      []ari.Bridge
		members      []string
		phase        telephony.Phase
		known        bool
		roster       []telephony.Participant
	}{
		{name: "nothing", reason: "Asterisk knows of no such call", phase: telephony.PhaseOver, roster: phones()},
		{
			name: "created", reason: "nobody has answered", channels: []ari.Channel{leg("call", ari.StateDown, ada)},
			members: []string{"call"}, phase: telephony.PhaseRinging, known: true, roster: phones(),
		},
		{
			name: "ringing", reason: "nobody has answered", channels: []ari.Channel{leg("call", ari.StateRinging, ada)},
			members: []string{"call"}, phase: telephony.PhaseRinging, known: true, roster: phones(),
		},
		{
			name: "incoming", reason: "nobody here has answered", channels: []ari.Channel{comesFrom("call", ari.StateRing, ada)},
			members: []string{"call"}, phase: telephony.PhaseRinging, known: true, roster: phones(),
		},
		{
			name: "answered", reason: "one party alone needs no bridge", channels: []ari.Channel{leg("call", ari.StateUp, ada)},
			members: []string{"call"}, phase: telephony.PhaseConnected, known: true, roster: phones(ada),
		},
		{
			name: "incoming, answered", reason: "the caller is who is there", channels: []ari.Channel{comesFrom("call", ari.StateUp, ada)},
			members: []string{"call"}, phase: telephony.PhaseConnected, known: true, roster: phones(ada),
		},
		{
			name: "withheld number", reason: "somebody is there", channels: []ari.Channel{comesFrom("call", ari.StateUp, "")},
			members: []string{"call"}, phase: telephony.PhaseConnected, known: true, roster: phones("anonymous"),
		},
		{
			name: "other calls", reason: "they are others'", channels: []ari.Channel{leg("call", ari.StateRinging, ada), leg("other", ari.StateUp, bob), leg("third", ari.StateUp, eve)},
			bridges: []ari.Bridge{bridge("other", "other", "third")},
			members: []string{"call"}, phase: telephony.PhaseRinging, known: true, roster: phones(),
		},
		{
			name: "conference", reason: "everybody in the call's bridge, in its order", channels: []ari.Channel{leg("call", ari.StateUp, ada), leg("b", ari.StateUp, bob), leg("c", ari.StateUp, eve)},
			bridges: []ari.Bridge{bridge("call", "c", "call", "b")},
			members: []string{"c", "call", "b"}, phase: telephony.PhaseConnected, known: true, roster: phones(eve, ada, bob),
		},
		{
			name: "somebody joins", reason: "who rings is not there yet", channels: []ari.Channel{leg("call", ari.StateUp, ada), leg("b", ari.StateRinging, bob)},
			bridges: []ari.Bridge{bridge("call", "call", "b")},
			members: []string{"call", "b"}, phase: telephony.PhaseConnected, known: true, roster: phones(ada),
		},
		{
			name: "not in its bridge yet", reason: "its own channel belongs to the call as long as it is in no bridge",
			channels: []ari.Channel{leg("call", ari.StateRinging, ada), leg("b", ari.StateUp, bob)}, bridges: []ari.Bridge{bridge("call", "b")},
			members: []string{"b", "call"}, phase: telephony.PhaseConnected, known: true, roster: phones(bob),
		},
		{
			name: "own channel ended", reason: "those who joined talk on", channels: []ari.Channel{leg("b", ari.StateUp, bob), leg("c", ari.StateUp, eve)},
			bridges: []ari.Bridge{bridge("call", "b", "c")},
			members: []string{"b", "c"}, phase: telephony.PhaseConnected, known: true, roster: phones(bob, eve),
		},
		{
			name: "moved away", reason: "its only channel is in another call", channels: []ari.Channel{leg("call", ari.StateUp, ada), leg("other", ari.StateUp, bob)},
			bridges: []ari.Bridge{bridge("other", "other", "call")}, phase: telephony.PhaseOver, roster: phones(),
		},
		{
			name: "moved away from others", reason: "those who stayed are the call", channels: []ari.Channel{leg("call", ari.StateUp, ada), leg("b", ari.StateUp, bob), leg("other", ari.StateUp, eve)},
			bridges: []ari.Bridge{bridge("other", "other", "call"), bridge("call", "b")},
			members: []string{"b"}, phase: telephony.PhaseConnected, known: true, roster: phones(bob),
		},
		{
			name: "empty bridge", reason: "a bridge outlives its channels", bridges: []ari.Bridge{bridge("call")}, phase: telephony.PhaseOver, roster: phones(),
		},
		{
			name: "ended in between", reason: "the channel ended after the bridges were asked for", bridges: []ari.Bridge{bridge("call", "call")},
			phase: telephony.PhaseOver, roster: phones(),
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := viewOf(c.channels, c.bridges)
			checkQuestions(t, v)
			var members []string
			for _, channel := range v.members("call") {
				members = append(members, channel.ID)
			}
			if diff := cmp.Diff(c.members, members); diff != "" {
				t.Errorf("%s: members (-want +got):\n%s", c.reason, diff)
			}
			if phase, known := v.phase("call"); phase != c.phase || known != c.known {
				t.Errorf("%s: phase %s, known %t, want %s, %t", c.reason, phase, known, c.phase, c.known)
			}
			if diff := cmp.Diff(c.roster, v.roster("call")); diff != "" {
				t.Errorf("%s: roster (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// checkQuestions checks that asking for one call gives the same answer as asking for all, and does not ask for others.
func checkQuestions(t *testing.T, all view) {
	t.Helper()
	var asked []string
	known := map[string]any{"/ari/bridges": all.bridges}
	for _, bridge := range all.bridges {
		known["/ari/bridges/"+BridgeOf(bridge.ID)] = bridge
	}
	for id, channel := range all.channels {
		known["/ari/channels/"+id] = channel
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		answer, found := known[r.URL.Path]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			answer = map[string]string{"message": "Not found"}
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	client, err := ari.New(ari.Options{URL: server.URL + "/ari", Username: "operator", Password: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	members := func() (paths []string) {
		for _, id := range all.memberIDs("call") {
			paths = append(paths, "/ari/channels/"+id)
		}
		return paths
	}()
	polled, err := (&service{client: client}).look(t.Context(), "call")
	if diff := cmp.Diff(all.members("call"), polled.members("call")); err != nil || diff != "" {
		t.Errorf("a poll: %v, members (-all +one):\n%s", err, diff)
	}
	if diff := cmp.Diff(append([]string{"/ari/bridges"}, members...), asked); diff != "" {
		t.Errorf("a poll: requests (-want +got):\n%s", diff)
	}
	asked = nil
	roster, live, err := Look(t.Context(), client, "call")
	if _, known := all.phase("call"); err != nil || live != known {
		t.Errorf("an event: %v, live %t, want %t", err, live, known)
	} else if diff := cmp.Diff(all.roster("call"), roster); live && diff != "" {
		t.Errorf("an event: roster (-want +got):\n%s", diff)
	}
	elsewhere := all.channels["call"] != nil && all.bridgeWith("call") != "call"
	for _, path := range asked {
		if path != "/ari/bridges/"+BridgeOf("call") && path != "/ari/channels/call" && !slices.Contains(members, path) && (path != "/ari/bridges" || !elsewhere) {
			t.Errorf("an event asks for %s", path)
		}
	}
}

// TestViewLeavesBridgesAlone: the members of a call are not added to what Asterisk said.
func TestViewLeavesBridgesAlone(t *testing.T) {
	ids := append(make([]string, 0, 8), "b")
	v := viewOf([]ari.Channel{leg("call", ari.StateUp, ada), leg("b", ari.StateUp, bob)}, []ari.Bridge{bridge("call", ids...)})
	v.members("call")
	if spare := ids[:2]; spare[1] != "" {
		t.Errorf("the bridge's list has %q now", spare)
	}
}

// TestNamed: the channels of those who are to be moved.
func TestNamed(t *testing.T) {
	v := viewOf(
		[]ari.Channel{leg("call", ari.StateUp, ada), leg("b", ari.StateUp, bob), leg("b2", ari.StateUp, bob), leg("other", ari.StateUp, eve)},
		[]ari.Bridge{bridge("call", "call", "b", "b2")},
	)
	cases := []struct {
		name, reason      string
		participants      []string
		channels, missing []string
	}{
		{"nobody", "nothing is asked for", nil, nil, nil},
		{"one", "a participant is a channel", []string{"4:" + ada}, []string{"call"}, nil},
		{"several", "in the order of the request", []string{"4:" + bob, "4:" + ada}, []string{"b", "call"}, nil},
		{"in another call", "who is elsewhere is not in this call", []string{"4:" + eve}, nil, []string{"4:" + eve}},
		{"some", "who is missing is named", []string{"4:" + eve, "4:" + ada}, []string{"call"}, []string{"4:" + eve}},
		{"one number twice", "two channels, each once", []string{"4:" + bob, "4:" + bob}, []string{"b", "b2"}, nil},
		{"one number too often", "there is no third", []string{"4:" + bob, "4:" + bob, "4:" + bob}, []string{"b", "b2"}, []string{"4:" + bob}},
		{"without its plus sign", "services were seen to send it so", []string{"4:14255550101"}, []string{"call"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			channels, missing := v.named("call", c.participants)
			if diff := cmp.Diff([][]string{c.channels, c.missing}, [][]string{channels, missing}); diff != "" {
				t.Errorf("%s: channels and missing (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestRawIDOf(t *testing.T) {
	for number, want := range map[string]string{
		"+14255550101": "4:+14255550101", " 14255550101 ": "4:14255550101", "": "4:anonymous", " ": "4:anonymous", "Anonymous": "4:anonymous", "200": "4:200",
	} {
		if got := RawIDOf(number); got != want {
			t.Errorf("the raw ID of %q is %q, want %q", number, got, want)
		}
	}
}

// TestRosterNamesEverybodyOnce: a Call's status has each ID once, so the second of two phones with one number needs another one, which a
// move can name.
func TestRosterNamesEverybodyOnce(t *testing.T) {
	channel := func(id string) ari.Channel {
		return ari.Channel{ID: id, State: ari.StateUp, Variables: map[string]string{variableParty: "4:+442079460123"}}
	}
	now := viewOf([]ari.Channel{channel("a"), channel("b")}, []ari.Bridge{{ID: "conference", Channels: []string{"a", "b"}}})
	roster := now.roster("conference")
	if diff := cmp.Diff([]telephony.Participant{{ID: "4:+442079460123"}, {ID: "4:+442079460123_b"}}, roster); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if channels, missing := now.named("conference", []string{roster[1].ID}); len(missing) > 0 || !slices.Equal(channels, []string{"b"}) {
		t.Errorf("the second one is %v, missing %v", channels, missing)
	}
}

func TestUndialled(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		variables    map[string]string
		want         bool
	}{
		{"placed", "Asterisk may end it before it is dialled", map[string]string{variableParty: "4:+14255550123"}, true},
		{"dialled", "a callee may have declined", map[string]string{variableParty: "4:+14255550123", variableDialled: "yes"}, false},
		{"incoming", "nobody dials it", nil, false},
	} {
		if got := Undialled(&ari.Channel{Variables: c.variables}); got != c.want {
			t.Errorf("%s: %s: got %v", c.name, c.reason, got)
		}
	}
}

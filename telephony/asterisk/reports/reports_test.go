// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package reports

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/secret"
	"github.com/call-operator/call-operator/telephony"
)

const (
	ada, bob = "+14255550101", "+442079460102"

	happened = "2026-11-29T19:43:38.537+0000"
)

var happenedAt = time.Date(2026, 11, 29, 19, 43, 38, 537_000_000, time.UTC)

// event is an event as Asterisk sends it.
func event(kind, rest string) string {
	return fmt.Sprintf(`{"type":%q,"application":"operator","timestamp":%q,"asterisk_id":"pbx",%s}`, kind, happened, rest)
}

// channel is a channel as Asterisk shows it, with the operator's variables.
func channel(id, state, key, party string) string {
	return fmt.Sprintf(`{"id":%q,"name":"PJSIP/trunk-0000002c","state":%q,"protocol_id":"call-id","caller":{"name":"","number":""},
		"connected":{"name":"","number":""},"accountcode":"","dialplan":{"context":"from-trunk","exten":"s","priority":1,"app_name":"Stasis",
		"app_data":"operator,outbound"},"creationtime":%q,"language":"en","channelvars":{"CALL_OPERATOR_KEY":%q,"CALL_OPERATOR_PARTY":%q}}`,
		id, state, happened, key, "4:"+party)
}

// incoming is a channel of somebody who calls.
func incoming(id, name, number string) string {
	return fmt.Sprintf(`{"id":%q,"name":"PJSIP/trunk-0000002d","state":"Ring","protocol_id":"call-id","caller":{"name":%q,"number":%q},
		"connected":{"name":"","number":""},"creationtime":%q,"channelvars":{"CALL_OPERATOR_KEY":""}}`, id, name, number, happened)
}

// bridge is a bridge of a Call.
func bridge(id, key string, channels ...string) string {
	return fmt.Sprintf(`{"id":%q,"name":%q,"technology":"softmix","channels":["%s"]}`, id+"-bridge", key, strings.Join(channels, `","`))
}

func emptyBridge(id, key string) string {
	return fmt.Sprintf(`{"id":%q,"name":%q,"technology":"","channels":[]}`, id+"-bridge", key)
}

// keyOf is the key of the Call of a name.
func keyOf(name string) string { return "calls/team-a/" + name + "/uid-" + name + "/provider" }

func targetOf(name string) callbackurl.Target {
	return callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "team-a", Name: name, UID: types.UID("uid-" + name)}
}

// news is what is recorded of the Call of a name, whose connection is the name in capitals.
func news(name, kind string, what telephony.News) recorded {
	connection := strings.ToUpper(name)
	return recorded{Target: targetOf(name), Event: telephony.Event{
		ID: fmt.Sprintf("%s/%s/%T/%d", kind, connection, what, happenedAt.UnixMilli()), Type: kind, Time: happenedAt,
		Call: telephony.CallIDs{Connection: connection, ServerCall: connection}, News: what,
	}}
}

func rosterOf(numbers ...string) telephony.Roster {
	roster := telephony.Roster{Sequence: now.UnixMilli(), Participants: []telephony.Participant{}}
	for _, number := range numbers {
		roster.Participants = append(roster.Participants, telephony.Participant{ID: "4:" + number})
	}
	return roster
}

func because(cause telephony.Cause, code, subCode int, sentence string) telephony.Reason {
	return telephony.Reason{Cause: cause, Code: code, SubCode: subCode, Sentence: sentence}
}

// TestEvents: each event as Asterisk 22 sends it, and what is recorded of it. The Call a has the channel A, the Call b the channel B.
func TestEvents(t *testing.T) {
	a := func(state string) string { return channel("A", state, keyOf("a"), ada) }
	b := func(state string) string { return channel("B", state, keyOf("b"), bob) }
	others := channel("A", "Up", "", ada)
	list := func(all ...string) string { return strings.Join(all, ",") }
	const (
		ended = "The call ended."
		busy  = "The callee is busy."
	)
	moved := because(telephony.CauseEnded, 0, 0, "Everybody was moved into another call.")
	left := because(telephony.CauseLeft, 0, 0, "Everybody has left the call.")
	cases := []struct {
		name, reason string
		// channels and bridges are what Asterisk says when it is asked.
		channels, bridges string
		event             string
		want              []recorded
		deletes           []string
	}{
		{
			name: "answered", reason: "the roster is asked for", channels: a("Up"), event: event("ChannelStateChange", `"channel":`+a("Up")),
			want: []recorded{news("a", "ChannelStateChange", telephony.Connected{}), news("a", "ChannelStateChange", rosterOf(ada))},
		},
		{name: "rings", reason: "a Call that was dialled rings anyway", channels: a("Ringing"), event: event("ChannelStateChange", `"channel":`+a("Ringing"))},
		{name: "somebody else's", reason: "other programs have calls at one Asterisk", channels: others, event: event("ChannelStateChange", `"channel":`+others)},
		{
			name: "key of another form", reason: "it names no object", event: event("ChannelStateChange", `"channel":`+channel("A", "Up", "team-a/a", ada)),
			channels: channel("A", "Up", "team-a/a", ada),
		},
		{
			name: "busy", reason: "SIP's word and Asterisk's", event: event("ChannelDestroyed", `"cause":17,"cause_txt":"User busy","tech_cause":486,"channel":`+a("Down")),
			want: []recorded{news("a", "ChannelDestroyed", telephony.NotConnected{Reason: because(telephony.CauseBusy, 486, 17, busy)})}, deletes: []string{"DELETE bridges/A-bridge"},
		},
		{
			name: "busy, without SIP", reason: "Asterisk's word alone", event: event("ChannelDestroyed", `"cause":17,"cause_txt":"User busy","channel":`+a("Ringing")),
			want: []recorded{news("a", "ChannelDestroyed", telephony.NotConnected{Reason: because(telephony.CauseBusy, 0, 17, busy)})}, deletes: []string{"DELETE bridges/A-bridge"},
		},
		{
			name: "hung up", reason: "it was answered before", event: event("ChannelDestroyed", `"cause":16,"cause_txt":"Normal Clearing","channel":`+a("Up")),
			want: []recorded{news("a", "ChannelDestroyed", telephony.Disconnected{Reason: because(telephony.CauseEnded, 0, 16, ended)})}, deletes: []string{"DELETE bridges/A-bridge"},
		},
		{
			name: "hung up, others stay", reason: "the call lasts while somebody is in it", channels: b("Up"), bridges: bridge("A", keyOf("a"), "B"),
			event: event("ChannelDestroyed", `"cause":16,"cause_txt":"Normal Clearing","channel":`+a("Up")),
			want:  []recorded{news("a", "ChannelDestroyed", rosterOf(bob))},
		},
		{
			name: "joins its own bridge", reason: "the call has a new roster", channels: list(a("Up"), b("Up")), bridges: bridge("A", keyOf("a"), "A", "B"),
			event: event("ChannelEnteredBridge", `"bridge":`+bridge("A", keyOf("a"), "A", "B")+`,"channel":`+a("Up")),
			want:  []recorded{news("a", "ChannelEnteredBridge", rosterOf(ada, bob))},
		},
		{
			name: "moved", reason: "the target has a new roster, and the call that was left is over", channels: list(a("Up"), b("Up")),
			bridges: list(bridge("A", keyOf("a"), "A", "B"), emptyBridge("B", keyOf("b"))),
			event:   event("ChannelEnteredBridge", `"bridge":`+bridge("A", keyOf("a"), "A", "B")+`,"channel":`+b("Up")),
			want: []recorded{
				news("a", "ChannelEnteredBridge", rosterOf(ada, bob)), news("b", "ChannelEnteredBridge", telephony.Disconnected{Reason: moved}),
			},
			deletes: []string{"DELETE bridges/B-bridge"},
		},
		{
			name: "moved, others stay", reason: "the call that was left lasts", channels: list(a("Up"), b("Up"), channel("C", "Up", keyOf("c"), "+14255550103")),
			bridges: list(bridge("A", keyOf("a"), "A", "B"), bridge("B", keyOf("b"), "C")),
			event:   event("ChannelEnteredBridge", `"bridge":`+bridge("A", keyOf("a"), "A", "B")+`,"channel":`+b("Up")),
			want:    []recorded{news("a", "ChannelEnteredBridge", rosterOf(ada, bob)), news("b", "ChannelEnteredBridge", rosterOf("+14255550103"))},
		},
		{
			name: "leaves, others stay", reason: "the call has a new roster", channels: list(a("Up"), b("Up")), bridges: bridge("A", keyOf("a"), "A"),
			event: event("ChannelLeftBridge", `"bridge":`+bridge("A", keyOf("a"), "A")+`,"channel":`+b("Up")),
			want:  []recorded{news("a", "ChannelLeftBridge", rosterOf(ada))},
		},
		{
			name: "the last one leaves", reason: "a bridge that nobody is in is over", channels: b("Up"),
			bridges: list(emptyBridge("A", keyOf("a")), bridge("other", "", "B")),
			event:   event("ChannelLeftBridge", `"bridge":`+emptyBridge("A", keyOf("a"))+`,"channel":`+b("Up")),
			want:    []recorded{news("a", "ChannelLeftBridge", telephony.Disconnected{Reason: left})}, deletes: []string{"DELETE bridges/A-bridge"},
		},
		{
			name: "somebody else's bridge", reason: "it is none of the operator's", channels: others, bridges: bridge("X", "my conference", "A"),
			event: event("ChannelLeftBridge", `"bridge":`+bridge("X", "my conference", "A")+`,"channel":`+others),
		},
		{name: "outbound", reason: "the operator's own channel is in the application", channels: a("Down"), event: event("StasisStart", `"args":["outbound"],"channel":`+a("Down"))},
		{name: "no arguments", reason: "another program's dialplan", channels: others, event: event("StasisStart", `"args":[],"channel":`+others)},
		{name: "dialling", reason: "polls and the answer tell", channels: a("Ringing"), event: event("Dial", `"dialstatus":"RINGING","dialstring":"+14255550101@trunk","forward":"","peer":`+a("Ringing"))},
		{name: "about to end", reason: "the end follows", channels: a("Up"), event: event("ChannelHangupRequest", `"cause":32,"soft":true,"channel":`+a("Up"))},
		{name: "leaves the application", reason: "the end follows", channels: a("Up"), event: event("StasisEnd", `"channel":`+a("Up"))},
		{name: "a key", reason: "nothing waits for it", channels: a("Up"), event: event("ChannelDtmfReceived", `"digit":"5","duration_ms":180,"channel":`+a("Up"))},
		{name: "a variable", reason: "the type is not known", channels: a("Up"), event: event("ChannelVarset", `"variable":"X_CALL","value":"hello","channel":`+a("Up"))},
		{name: "a playback", reason: "the type is not known", event: event("PlaybackFinished", `"playback":{"id":"p1","media_uri":"sound:beep","target_uri":"channel:A","language":"en","state":"done"}`)},
		{name: "connected", reason: "the first message on a WebSocket", event: event("ApplicationRegistered", `"x":1`)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pbx := connect(t, c.channels, c.bridges)
			pbx.send(c.event)
			got := pbx.sendLast()
			// Calls do not wait for each other.
			slices.SortStableFunc(got, func(a, b recorded) int { return strings.Compare(a.Target.Name, b.Target.Name) })
			for len(got) < len(c.want) {
				got = append(got, pbx.next())
				slices.SortStableFunc(got, func(a, b recorded) int { return strings.Compare(a.Target.Name, b.Target.Name) })
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			pbx.end(c.deletes...)
		})
	}
}

// TestIncoming: somebody calls. Asterisk is asked to report the end, and the caller hears it ring.
func TestIncoming(t *testing.T) {
	phone := func(number string) *v1alpha1.Identifier {
		return &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber(number)}
	}
	cases := []struct {
		name, reason, args, channel string
		failing                     []string
		want                        []recorded
	}{
		{
			name: "numbers", reason: "the dialplan says who is called, and by whom", args: `["inbound","+14255550111","+442079460199"]`,
			channel: incoming("1700000000.1", "Ada", "ignored"),
			want:    []recorded{{Incoming: &telephony.IncomingCall{From: phone("+442079460199"), To: phone("+14255550111"), CallerDisplayName: "Ada"}}},
		},
		{
			name: "caller from SIP", reason: "a dialplan may leave the caller to Asterisk", args: `["inbound","+14255550111"]`,
			channel: incoming("1700000000.1", "", "+442079460199"),
			want:    []recorded{{Incoming: &telephony.IncomingCall{From: phone("+442079460199"), To: phone("+14255550111")}}},
		},
		{
			name: "without plus signs", reason: "trunks send numbers so", args: `["inbound","14255550111","442079460199"]`, channel: incoming("1700000000.1", "", ""),
			want: []recorded{{Incoming: &telephony.IncomingCall{From: phone("+442079460199"), To: phone("+14255550111")}}},
		},
		{
			name: "withheld", reason: "a caller may withhold the number", args: `["inbound","+14255550111","anonymous"]`, channel: incoming("1700000000.1", "", ""),
			want: []recorded{{Incoming: &telephony.IncomingCall{To: phone("+14255550111")}}},
		},
		{
			name: "nobody called", reason: "the receiver refuses it", args: `["inbound"]`, channel: incoming("1700000000.1", "", "+442079460199"),
			want: []recorded{{Incoming: &telephony.IncomingCall{From: phone("+442079460199")}}},
		},
		{
			name: "Asterisk fails", reason: "a call whose end may not be reported is recorded all the same", args: `["inbound","+14255550111","+442079460199"]`,
			channel: incoming("1700000000.1", "", ""),
			failing: []string{"POST applications/operator/subscription?eventSource=channel%3A1700000000.1", "POST channels/1700000000.1/ring"},
			want: []recorded{
				{Failed: "subscribe"}, {Failed: "ring"}, {Incoming: &telephony.IncomingCall{From: phone("+442079460199"), To: phone("+14255550111")}},
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pbx := connect(t, c.channel, "")
			pbx.fail(c.failing...)
			pbx.send(event("StasisStart", `"args":`+c.args+`,"channel":`+c.channel))
			var got []recorded
			for range c.want {
				got = append(got, pbx.next())
			}
			for _, want := range c.want {
				if call := want.Incoming; call != nil {
					call.ID, call.Time, call.Handle = "call-id", happenedAt, secret.New("1700000000.1")
					call.Call = telephony.CallIDs{ServerCall: "1700000000.1", Correlation: "call-id"}
				}
			}
			equal := cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })
			if diff := cmp.Diff(c.want, got, equal); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			asked := []string{
				"POST applications/operator/subscription?eventSource=channel%3A1700000000.1", "POST channels/1700000000.1/ring",
				"POST channels/1700000000.1/variable?value=31&variable=TIMEOUT%28absolute%29",
			}
			if diff := cmp.Diff(asked, pbx.asked(http.MethodPost)); diff != "" {
				t.Errorf("%s: requests (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// ringIsOver is what is recorded of an incoming call that no longer rings.
func ringIsOver(kind string, at time.Time, reason telephony.Reason) recorded {
	news := telephony.RingOver{Reason: reason}
	return recorded{
		RingOver: &telephony.IncomingCall{ID: "call-id", Call: telephony.CallIDs{ServerCall: "1700000000.1", Correlation: "call-id"}},
		Event:    telephony.Event{ID: fmt.Sprintf("%s/1700000000.1/%T/%d", kind, news, at.UnixMilli()), Type: kind, Time: at, News: news},
	}
}

// TestRingOver: an incoming call ends before it is answered. It need not have the operator's key.
func TestRingOver(t *testing.T) {
	const start, destroyed = "StasisStart", "ChannelDestroyed"
	rings := incoming("1700000000.1", "", "+442079460199")
	answering := strings.Replace(rings, `"CALL_OPERATOR_KEY":""`, fmt.Sprintf(`"CALL_OPERATOR_KEY":%q`, keyOf("a")), 1)
	cases := []struct {
		name, reason, kind, rest string
		gone                     []string
		want                     []recorded
	}{
		{
			name: "hung up", reason: "SIP's word for a caller who hangs up", kind: destroyed, rest: `"cause":127,"cause_txt":"Interworking, unspecified","tech_cause":487,"channel":` + rings,
			want: []recorded{ringIsOver(destroyed, happenedAt, because(telephony.CauseCancelled, 487, 127, "The call was withdrawn."))},
		},
		{
			name: "rejected", reason: "the state machine knows that it was asked for", kind: destroyed, rest: `"cause":17,"cause_txt":"User busy","tech_cause":486,"channel":` + rings,
			want: []recorded{ringIsOver(destroyed, happenedAt, because(telephony.CauseBusy, 486, 17, "The callee is busy."))},
		},
		{
			name: "hung up while it is answered", reason: "the key is there before the answer", kind: destroyed, rest: `"cause":127,"tech_cause":487,"channel":` + answering,
			want: []recorded{ringIsOver(destroyed, happenedAt, because(telephony.CauseCancelled, 487, 127, "The call was withdrawn."))},
		},
		{
			name: "hung up before it was noticed", reason: "Asterisk reports no end of what nobody subscribed to", kind: start, rest: `"args":["inbound","+14255550111"],"channel":` + rings,
			gone: []string{"POST channels/1700000000.1/ring"},
			want: []recorded{
				{Incoming: &telephony.IncomingCall{
					ID: "call-id", Time: happenedAt, From: &v1alpha1.Identifier{PhoneNumber: "+442079460199"}, To: &v1alpha1.Identifier{PhoneNumber: "+14255550111"},
					Call: telephony.CallIDs{ServerCall: "1700000000.1", Correlation: "call-id"}, Handle: secret.New("1700000000.1"),
				}},
				ringIsOver(start, time.Time{}, because(telephony.CauseEnded, 0, 0, "The call ended.")),
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pbx := connect(t, "", "")
			pbx.gone = c.gone
			pbx.send(event(c.kind, c.rest))
			var got []recorded
			for range c.want {
				got = append(got, pbx.next())
			}
			equal := cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })
			if diff := cmp.Diff(c.want, append(got, pbx.sendLast()...), equal); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// TestFailures: what cannot be understood, asked for or recorded is reported, and harms nothing else.
func TestFailures(t *testing.T) {
	answered := event("ChannelStateChange", `"channel":`+channel("A", "Up", keyOf("a"), ada))
	cases := []struct {
		name, reason string
		arrange      func(*fakeAsterisk)
		event        string
		want         []recorded
	}{
		{"malformed", "the next event can be read", func(*fakeAsterisk) {}, `{"type":`, []recorded{{Failed: "decode"}}},
		{"of another form", "the next event can be read", func(*fakeAsterisk) {}, `{"type":"ChannelDestroyed","channel":1}`, []recorded{{Failed: "decode"}}},
		{
			"no roster", "a poll finds it", func(a *fakeAsterisk) { a.fail("GET bridges/A-bridge") }, answered,
			[]recorded{news("a", "ChannelStateChange", telephony.Connected{}), {Failed: "roster"}},
		},
		{
			"not recorded", "the receiver says why", func(a *fakeAsterisk) { a.sink.refuse = map[string]bool{"a": true} }, answered,
			[]recorded{{Failed: "record"}, {Failed: "record"}},
		},
		{
			"nobody knows who stays", "a call is not taken for over by a guess", func(a *fakeAsterisk) { a.fail("GET channels/A") },
			event("ChannelDestroyed", `"cause":16,"channel":`+channel("A", "Up", keyOf("a"), ada)), []recorded{{Failed: "roster"}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pbx := connect(t, channel("A", "Up", keyOf("a"), ada), "")
			c.arrange(pbx)
			pbx.send(c.event)
			var got []recorded
			for range c.want {
				got = append(got, pbx.next())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
			pbx.fail()
			if more := pbx.sendLast(); len(more) != 0 {
				t.Errorf("%s: and %+v", c.reason, more)
			}
		})
	}
}

// TestCallsDoNotWaitForEachOther: Asterisk is slow to answer about one call, and another call is recorded meanwhile.
func TestCallsDoNotWaitForEachOther(t *testing.T) {
	pbx := connect(t, channel("A", "Up", keyOf("a"), ada)+","+channel("B", "Up", keyOf("b"), bob), "")
	gate := pbx.holdUp()
	for _, one := range []string{"a", "b"} {
		pbx.send(event("ChannelStateChange", `"channel":`+channel(strings.ToUpper(one), "Up", keyOf(one), ada)))
	}
	seen := map[string]bool{}
	for range 2 {
		seen[pbx.next().Target.Name] = true
	}
	if !seen["a"] || !seen["b"] {
		t.Errorf("recorded while Asterisk answers nothing: %v", seen)
	}
	close(gate)
	for range 2 {
		if news := pbx.next(); news.Failed != "" {
			t.Errorf("the roster: %+v", news)
		}
	}
}

// TestEventsOfOneCallInOrder: what happened to one call is recorded in the order in which Asterisk reported it.
func TestEventsOfOneCallInOrder(t *testing.T) {
	pbx := connect(t, "", "")
	const answered = "ChannelStateChange"
	pbx.send(event(answered, `"channel":`+channel("A", "Up", keyOf("a"), ada)))
	pbx.send(event("ChannelDestroyed", `"cause":16,"channel":`+channel("A", "Up", keyOf("a"), ada)))
	ended := telephony.Disconnected{Reason: because(telephony.CauseEnded, 0, 16, "The call ended.")}
	want := []recorded{news("a", answered, telephony.Connected{}), news("a", "ChannelDestroyed", ended)}
	if diff := cmp.Diff(want, []recorded{pbx.next(), pbx.next()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStop: a process that stops still learns why a call ended, and what is reported meanwhile.
func TestStop(t *testing.T) {
	const destroyed = "ChannelDestroyed"
	pbx := connect(t, "", "")
	gate := pbx.holdUp()
	ends := func(name string) string {
		return event(destroyed, `"cause":17,"tech_cause":486,"channel":`+channel(strings.ToUpper(name), "Down", keyOf(name), ada))
	}
	pbx.send(ends("a"))
	pbx.await("Asterisk is asked", func() bool { return len(pbx.asked(http.MethodGet)) > 0 })
	pbx.stop()
	pbx.send(ends("b"))
	close(gate)
	busy := telephony.NotConnected{Reason: because(telephony.CauseBusy, 486, 17, "The callee is busy.")}
	got := []recorded{pbx.next(), pbx.next()}
	slices.SortFunc(got, func(a, b recorded) int { return strings.Compare(a.Target.Name, b.Target.Name) })
	if diff := cmp.Diff([]recorded{news("a", destroyed, busy), news("b", destroyed, busy)}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	select {
	case <-pbx.served:
	case <-time.After(patience):
		t.Error("the connection is not closed")
	}
}

// TestConnectionEnds: what was read is recorded before the connection is closed.
func TestConnectionEnds(t *testing.T) {
	pbx := connectTo(t, &sink{news: make(chan recorded)}, channel("A", "Up", keyOf("a"), ada), "")
	pbx.send(event("ChannelStateChange", `"channel":`+channel("A", "Up", keyOf("a"), ada)))
	if err := pbx.socket.Close(websocket.StatusGoingAway, "restart"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-pbx.served:
		t.Fatal("the connection is closed, and what was read is not recorded")
	case <-time.After(50 * time.Millisecond):
	}
	if diff := cmp.Diff(news("a", "ChannelStateChange", telephony.Connected{}), pbx.next()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for {
		select {
		case <-pbx.sink.news:
		case <-pbx.served:
			return
		case <-time.After(patience):
			t.Fatal("the connection is not closed")
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/call-operator/call-operator/ari"
)

func pointer(n int) *int { return &n }

func TestParseEvent(t *testing.T) {
	const channel = `"channel":{"id":"uid-1","state":"Up"}`
	of := ari.Channel{ID: "uid-1", State: ari.StateUp}
	cases := []struct {
		name, reason, text string
		want               ari.EventData
	}{
		{"StasisStart", "an incoming call has its numbers as arguments", `"args":["inbound","+14255550111"],` + channel, &ari.StasisStart{Args: []string{"inbound", "+14255550111"}, Channel: of}},
		{"StasisEnd", "", channel, &ari.StasisEnd{Channel: of}},
		{"ChannelStateChange", "", channel, &ari.ChannelStateChange{Channel: of}},
		{"Dial", "the peer is the channel that rings", `"dialstatus":"RINGING","dialstring":"x","peer":{"id":"uid-1","state":"Up"}`, &ari.Dial{DialStatus: "RINGING", Peer: of}},
		{"ChannelHangupRequest", "the phone hung up: there is no cause", channel, &ari.ChannelHangupRequest{Channel: of}},
		{"ChannelHangupRequest", "Asterisk was asked to", `"cause":32,"soft":true,` + channel, &ari.ChannelHangupRequest{Cause: pointer(32), Soft: true, Channel: of}},
		{"ChannelDestroyed", "both codes", `"cause":17,"cause_txt":"User busy","tech_cause":486,` + channel, &ari.ChannelDestroyed{Cause: 17, CauseText: "User busy", TechnicalCode: pointer(486), Channel: of}},
		{"ChannelDestroyed", "SIP said nothing", `"cause":16,"cause_txt":"Normal Clearing",` + channel, &ari.ChannelDestroyed{Cause: 16, CauseText: "Normal Clearing", Channel: of}},
		{"ChannelEnteredBridge", "the roster is in it", `"bridge":{"id":"b","channels":["A","uid-1"]},` + channel, &ari.ChannelEnteredBridge{Bridge: ari.Bridge{ID: "b", Channels: []string{"A", "uid-1"}}, Channel: of}},
		{"ChannelLeftBridge", "", `"bridge":{"id":"b","channels":[]},` + channel, &ari.ChannelLeftBridge{Bridge: ari.Bridge{ID: "b", Channels: []string{}}, Channel: of}},
		{"BridgeDestroyed", "", `"bridge":{"id":"b"}`, &ari.BridgeDestroyed{Bridge: ari.Bridge{ID: "b"}}},
		{"ChannelDtmfReceived", "", `"digit":"5","duration_ms":180,` + channel, &ari.ChannelDtmfReceived{Digit: "5", DurationMillis: 180, Channel: of}},
		{"ApplicationReplaced", "", `"x":1`, &ari.ApplicationReplaced{}},
		{"ApplicationRegistered", "", `"x":1`, &ari.ApplicationRegistered{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := `{"type":"` + c.name + `","application":"operator","timestamp":"2026-11-29T19:43:38.537+0000","asterisk_id":"pbx",` + c.text + `}`
			got, err := ari.ParseEvent([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			want := ari.Event{
				Type: c.name, Application: "operator", AsteriskID: "pbx", Data: c.want,
				Time: ari.Time{Time: time.Date(2026, 11, 29, 19, 43, 38, 537_000_000, time.UTC)},
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(ari.StasisStart{}, ari.StasisEnd{}, ari.ChannelStateChange{}, ari.Dial{}, ari.ChannelHangupRequest{},
				ari.ChannelDestroyed{}, ari.ChannelEnteredBridge{}, ari.ChannelLeftBridge{}, ari.BridgeDestroyed{}, ari.ChannelDtmfReceived{}, ari.ApplicationReplaced{}, ari.ApplicationRegistered{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestOtherEvents(t *testing.T) {
	const text = `{"type":"ChannelVarset","timestamp":"2026-11-29T19:43:38.537+0000","variable":"A"}`
	event, err := ari.ParseEvent([]byte(text))
	if unknown, ok := event.Data.(*ari.UnknownEvent); err != nil || !ok || string(unknown.Raw) != text {
		t.Errorf("an event of another type is kept: %+v, %v", event, err)
	}
	for name, text := range map[string]string{
		"no JSON": "{", "no type": "{}", "a list": "[]", "a time that is none": `{"type":"StasisEnd","timestamp":"yesterday"}`,
		"another form": `{"type":"StasisStart","args":"x"}`,
	} {
		if event, err := ari.ParseEvent([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, event)
		}
	}
}

// FuzzParseEvent: whatever is sent, nothing panics, and what is understood can be written and read again.
func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"type":"ChannelDestroyed","timestamp":"2026-11-29T19:43:38.537+0000","cause":17,"channel":{"id":"a"}}`))
	f.Add([]byte(`{"type":"Dial","dialstatus":"","peer":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		event, err := ari.ParseEvent(data)
		if err != nil {
			return
		}
		if event.Data == nil || event.Type == "" {
			t.Errorf("an event without a type or data: %+v", event)
		}
		if _, err := json.Marshal(event.Data); err != nil {
			t.Errorf("%+v cannot be written: %v", event, err)
		}
	})
}

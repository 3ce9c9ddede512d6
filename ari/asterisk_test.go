// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
)

// The tests of this file run against a real Asterisk.

// Endpoints of phones of the telephone network: see package pbx.
const (
	answers = "PJSIP/+14255550200@trunk"
	busy    = "PJSIP/+14255550486@trunk"
)

func realAsterisk(t *testing.T) (*pbx.PBX, *ari.Client) {
	t.Helper()
	p := pbx.New(t, pbx.Options{})
	client, err := ari.New(ari.Options{URL: p.URL(), Username: pbx.Username, Password: p.Password()})
	if err != nil {
		t.Fatal(err)
	}
	return p, client
}

// listener collects the events of an application.
type listener struct {
	events chan ari.Event
	heard  []ari.Event
}

func listen(t *testing.T, client *ari.Client, application string) *listener {
	t.Helper()
	stream, err := client.Connect(t.Context(), application)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{events: make(chan ari.Event, 1000)}
	go func() {
		defer close(l.events)
		for {
			event, err := stream.Next(t.Context())
			if err != nil {
				return
			}
			l.events <- event
		}
	}()
	return l
}

// await waits for an event, and returns the first one that is meant.
func await[E ari.EventData](t *testing.T, l *listener, what string, meant func(E) bool) E {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case event, open := <-l.events:
			if !open {
				t.Fatalf("the WebSocket was closed before: %s", what)
			}
			l.heard = append(l.heard, event)
			if data, ok := event.Data.(E); ok && meant(data) {
				return data
			}
		case <-late:
			t.Fatalf("no event says: %s; heard %+v", what, l.heard)
		}
	}
}

// TestCallOnAsterisk: a channel rings nobody until it is dialled; then it is answered, moved from bridge to bridge, and ended.
func TestCallOnAsterisk(t *testing.T) {
	t.Parallel()
	_, client := realAsterisk(t)
	const application = "ari-test"
	l := listen(t, client, application)
	id := "ari-test-" + time.Now().Format("150405.000000")
	created, err := client.CreateChannel(t.Context(), ari.ChannelToCreate{
		Endpoint: answers, ID: id, App: application, AppArgs: []string{"outbound"},
		Variables: map[string]ari.Variable{"CONNECTEDLINE(num,i)": {Value: "+14255550100"}, "CALL_KEY": {Value: "ns/x", Reported: true}},
	})
	if err != nil || created.ID != id || created.State != ari.StateDown {
		t.Fatalf("created %+v, %v", created, err)
	}
	if _, err := client.CreateChannel(t.Context(), ari.ChannelToCreate{Endpoint: answers, ID: id, App: application}); ari.StatusOf(err) != http.StatusConflict {
		t.Errorf("an ID that is in use is taken: %v", err)
	}
	start := await(t, l, "the channel is in the application", func(e *ari.StasisStart) bool { return e.Channel.ID == id })
	if !slices.Equal(start.Args, []string{"outbound"}) || start.Channel.State != ari.StateDown {
		t.Errorf("the application gets %+v", start)
	}
	if err := client.Dial(t.Context(), id, "", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	await(t, l, "it was answered", func(e *ari.ChannelStateChange) bool { return e.Channel.ID == id && e.Channel.State == ari.StateUp })
	if err := client.Dial(t.Context(), id, "", 0); ari.StatusOf(err) != http.StatusConflict {
		t.Errorf("an answered channel is dialled again: %v", err)
	}
	for _, bridge := range []string{id + "-a", id + "-b"} {
		if _, err := client.CreateBridge(t.Context(), bridge, "a test"); err != nil {
			t.Fatal(err)
		}
		if err := client.AddChannels(t.Context(), bridge, id); err != nil {
			t.Fatal(err)
		}
		await(t, l, "it is in the bridge "+bridge, func(e *ari.ChannelEnteredBridge) bool { return e.Bridge.ID == bridge && e.Channel.ID == id })
	}
	first, err := client.Bridge(t.Context(), id+"-a")
	if err != nil || len(first.Channels) != 0 {
		t.Errorf("the channel has left the first bridge: %+v, %v", first, err)
	}
	if err := client.HangUp(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	end := await(t, l, "it has ended", func(e *ari.ChannelDestroyed) bool { return e.Channel.ID == id })
	if end.Cause != 16 {
		t.Errorf("it ended with %+v, want normal clearing", end)
	}
	if _, err := client.Channel(t.Context(), id); !ari.IsGone(err) {
		t.Errorf("it is gone: %v", err)
	}
	for _, bridge := range []string{id + "-a", id + "-b"} {
		if err := client.DestroyBridge(t.Context(), bridge); err != nil {
			t.Error(err)
		}
	}
}

// TestBusyOnAsterisk: the end has the SIP status.
func TestBusyOnAsterisk(t *testing.T) {
	t.Parallel()
	_, client := realAsterisk(t)
	const application = "ari-test-busy"
	l := listen(t, client, application)
	id := "ari-test-busy-" + time.Now().Format("150405.000000")
	if _, err := client.CreateChannel(t.Context(), ari.ChannelToCreate{Endpoint: busy, ID: id, App: application}); err != nil {
		t.Fatal(err)
	}
	await(t, l, "the channel is in the application", func(e *ari.StasisStart) bool { return e.Channel.ID == id })
	if err := client.Dial(t.Context(), id, "", 0); err != nil {
		t.Fatal(err)
	}
	end := await(t, l, "it has ended", func(e *ari.ChannelDestroyed) bool { return e.Channel.ID == id })
	if end.Cause != 17 || end.TechnicalCode == nil || *end.TechnicalCode != 486 {
		t.Errorf("it ended with %+v, want 17 and 486", end)
	}
}

// TestRefusedByAsterisk: what does not exist is refused in Asterisk's own words.
func TestRefusedByAsterisk(t *testing.T) {
	t.Parallel()
	p, client := realAsterisk(t)
	if _, err := client.Channel(t.Context(), "nobody"); !ari.IsGone(err) {
		t.Errorf("an unknown channel: %v", err)
	}
	if _, err := client.Bridge(t.Context(), "nothing"); !ari.IsGone(err) {
		t.Errorf("an unknown bridge: %v", err)
	}
	if _, err := client.Application(t.Context(), "none"); !ari.IsGone(err) {
		t.Errorf("an unknown application: %v", err)
	}
	wrong, err := ari.New(ari.Options{URL: p.URL(), Username: pbx.Username, Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Info(t.Context()); ari.StatusOf(err) != http.StatusUnauthorized {
		t.Errorf("a wrong password: %v", err)
	}
	info, err := client.Info(t.Context())
	if err != nil || info.System.Version == "" || info.Status.StartupTime.IsZero() {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestRequestsAreThoseOfTheSpecification: Asterisk itself serves the description of its interface. Each request that this package
// can send is in it, with all of its parameters.
func TestRequestsAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	p, _ := realAsterisk(t)
	type operation struct {
		HTTPMethod string `json:"httpMethod"`
		Parameters []struct {
			Name string `json:"name"`
		} `json:"parameters"`
	}
	described := map[string][]string{}
	for _, part := range []string{"channels", "bridges", "asterisk", "applications"} {
		var document struct {
			APIs []struct {
				Path       string      `json:"path"`
				Operations []operation `json:"operations"`
			} `json:"apis"`
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL()+"/api-docs/"+part+".json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(pbx.Username, p.Password())
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(response.Body).Decode(&document)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, api := range document.APIs {
			for _, o := range api.Operations {
				var names []string
				for _, parameter := range o.Parameters {
					names = append(names, parameter.Name)
				}
				described[o.HTTPMethod+" "+api.Path] = names
			}
		}
	}
	for sent, parameters := range map[string]string{
		"POST /channels/create":                             "endpoint app appArgs channelId originator variables",
		"POST /channels/{channelId}/dial":                   "caller timeout",
		"GET /channels/{channelId}":                         "",
		"GET /channels":                                     "",
		"POST /channels/{channelId}/answer":                 "",
		"POST /channels/{channelId}/ring":                   "",
		"POST /channels/{channelId}/redirect":               "endpoint",
		"DELETE /channels/{channelId}":                      "reason",
		"GET /channels/{channelId}/variable":                "variable",
		"POST /channels/{channelId}/variable":               "variable value",
		"POST /bridges/{bridgeId}":                          "type name",
		"GET /bridges/{bridgeId}":                           "",
		"GET /bridges":                                      "",
		"POST /bridges/{bridgeId}/addChannel":               "channel",
		"POST /bridges/{bridgeId}/removeChannel":            "channel",
		"DELETE /bridges/{bridgeId}":                        "",
		"GET /asterisk/info":                                "",
		"GET /applications/{applicationName}":               "",
		"POST /applications/{applicationName}/subscription": "eventSource",
		"PUT /applications/{applicationName}/eventFilter":   "filter",
	} {
		known, found := described[sent]
		if !found {
			t.Errorf("Asterisk does not describe %s", sent)
		}
		for _, name := range strings.Fields(parameters) {
			if !slices.Contains(known, name) {
				t.Errorf("%s has no parameter %s, only %v", sent, name, known)
			}
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/ari"
)

const (
	user     = "operator"
	password = "not-a-real-password"
)

// answer is what the server of a test answers.
type answer struct {
	status int
	server string
	body   string
}

// serve starts a server that answers with a, and returns a client of it and what was asked.
func serve(t *testing.T, a answer) (*ari.Client, *[]string) {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body)))
		if name, given, ok := r.BasicAuth(); !ok || name != user || given != password {
			t.Errorf("the request has the credentials %q, %q, %t", name, given, ok)
		}
		if a.server != "" {
			w.Header().Set("Server", a.server)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(server.Close)
	client, err := ari.New(ari.Options{URL: server.URL + "/ari", Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return client, &asked
}

func TestRequests(t *testing.T) {
	cases := []struct {
		name, reason string
		send         func(context.Context, *ari.Client) error
		want         string
	}{
		{
			name: "create", reason: "numbers and IDs with any characters arrive as they are",
			send: func(ctx context.Context, c *ari.Client) error {
				_, err := c.CreateChannel(ctx, ari.ChannelToCreate{
					Endpoint: "PJSIP/+14255550100@trunk", ID: "uid-1", App: "operator", AppArgs: []string{"outbound", "ns/x"},
					Variables: map[string]ari.Variable{"CALL_KEY": {Value: "ns/x", Reported: true}},
				})
				return err
			},
			want: `POST /ari/channels/create?app=operator&appArgs=outbound%2Cns%2Fx&channelId=uid-1&endpoint=PJSIP%2F%2B14255550100%40trunk {"variables":{"CALL_KEY":{"value":"ns/x","report_events":true}}}`,
		},
		{
			name: "dial", reason: "a part of a second is rounded up, so that nobody is given up early",
			send: func(ctx context.Context, c *ari.Client) error { return c.Dial(ctx, "uid-1", "", 1500*time.Millisecond) },
			want: "POST /ari/channels/uid-1/dial?timeout=2",
		},
		{
			name: "dial without a limit", reason: "no time-out is none",
			send: func(ctx context.Context, c *ari.Client) error { return c.Dial(ctx, "a/b c", "uid-0", 0) },
			want: "POST /ari/channels/a%2Fb%20c/dial?caller=uid-0",
		},
		{name: "channel", send: func(ctx context.Context, c *ari.Client) error { _, err := c.Channel(ctx, "1.2"); return err }, want: "GET /ari/channels/1.2"},
		{name: "answer", send: func(ctx context.Context, c *ari.Client) error { return c.Answer(ctx, "1.2") }, want: "POST /ari/channels/1.2/answer"},
		{name: "ring", send: func(ctx context.Context, c *ari.Client) error { return c.Ring(ctx, "1.2") }, want: "POST /ari/channels/1.2/ring"},
		{name: "hang up", send: func(ctx context.Context, c *ari.Client) error { return c.HangUp(ctx, "1.2", "") }, want: "DELETE /ari/channels/1.2"},
		{name: "hang up as busy", send: func(ctx context.Context, c *ari.Client) error { return c.HangUp(ctx, "1.2", "busy") }, want: "DELETE /ari/channels/1.2?reason=busy"},
		{
			name: "redirect", send: func(ctx context.Context, c *ari.Client) error { return c.Redirect(ctx, "1.2", "PJSIP/ada") },
			want: "POST /ari/channels/1.2/redirect?endpoint=PJSIP%2Fada",
		},
		{
			name: "variable", send: func(ctx context.Context, c *ari.Client) error {
				_, err := c.Variable(ctx, "1.2", "CALL_KEY")
				return err
			},
			want: "GET /ari/channels/1.2/variable?variable=CALL_KEY",
		},
		{
			name: "set variable", send: func(ctx context.Context, c *ari.Client) error { return c.SetVariable(ctx, "1.2", "A", "b c") },
			want: "POST /ari/channels/1.2/variable?value=b+c&variable=A",
		},
		{
			name: "create bridge", send: func(ctx context.Context, c *ari.Client) error {
				_, err := c.CreateBridge(ctx, "b1", "ns/x")
				return err
			},
			want: "POST /ari/bridges/b1?name=ns%2Fx&type=mixing",
		},
		{name: "bridge", send: func(ctx context.Context, c *ari.Client) error { _, err := c.Bridge(ctx, "b1"); return err }, want: "GET /ari/bridges/b1"},
		{
			name: "add channels", send: func(ctx context.Context, c *ari.Client) error { return c.AddChannels(ctx, "b1", "x", "y") },
			want: "POST /ari/bridges/b1/addChannel?channel=x%2Cy",
		},
		{
			name: "remove channels", send: func(ctx context.Context, c *ari.Client) error { return c.RemoveChannels(ctx, "b1", "x") },
			want: "POST /ari/bridges/b1/removeChannel?channel=x",
		},
		{name: "destroy bridge", send: func(ctx context.Context, c *ari.Client) error { return c.DestroyBridge(ctx, "b1") }, want: "DELETE /ari/bridges/b1"},
		{name: "info", send: func(ctx context.Context, c *ari.Client) error { _, err := c.Info(ctx); return err }, want: "GET /ari/asterisk/info"},
		{name: "application", send: func(ctx context.Context, c *ari.Client) error { _, err := c.Application(ctx, "operator"); return err }, want: "GET /ari/applications/operator"},
		{
			name: "subscribe", send: func(ctx context.Context, c *ari.Client) error {
				return c.Subscribe(ctx, "operator", "channel:1.2", "bridge:")
			},
			want: "POST /ari/applications/operator/subscription?eventSource=channel%3A1.2%2Cbridge%3A",
		},
		{
			name: "leave out", send: func(ctx context.Context, c *ari.Client) error { return c.LeaveOut(ctx, "operator", "ChannelVarset") },
			want: `PUT /ari/applications/operator/eventFilter {"disallowed":[{"type":"ChannelVarset"}]}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client, asked := serve(t, answer{status: http.StatusOK, body: "{}"})
			if err := c.send(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, *asked); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	const body = `[{"id":"uid-1","name":"PJSIP/trunk-0000002c","state":"Up","protocol_id":"sip-1","caller":{"name":"","number":"+14255550111"},
		"connected":{"name":"","number":""},"dialplan":{"context":"from-trunk","exten":"s","priority":1,"app_name":"Stasis","app_data":"operator,outbound"},
		"creationtime":"2026-11-29T19:43:38.537+0000","language":"en","channelvars":{"CALL_KEY":"ns/x"}}]`
	client, _ := serve(t, answer{status: http.StatusOK, body: body})
	channels, err := client.Channels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []ari.Channel{{
		ID: "uid-1", Name: "PJSIP/trunk-0000002c", State: ari.StateUp, ProtocolID: "sip-1", Caller: ari.CallerID{Number: "+14255550111"},
		Dialplan:     ari.Dialplan{Context: "from-trunk", Extension: "s", Priority: 1, AppName: "Stasis", AppData: "operator,outbound"},
		CreationTime: ari.Time{Time: time.Date(2026, 11, 29, 19, 43, 38, 537_000_000, time.UTC)},
		Variables:    map[string]string{"CALL_KEY": "ns/x"},
	}}
	if diff := cmp.Diff(want, channels); diff != "" {
		t.Errorf("channels (-want +got):\n%s", diff)
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		name, reason string
		answer       answer
		want         string
		gone         bool
	}{
		{"gone", "Asterisk knows no such channel", answer{status: 404, server: "Asterisk/22.10.1", body: `{"message":"Channel not found"}`}, "ari: Dial: 404: Channel not found", true},
		{"gone, through a proxy", "its words are Asterisk's", answer{status: 404, body: `{"message":"Channel not found"}`}, "ari: Dial: 404: Channel not found", true},
		{"a proxy's page", "no channel is gone because a proxy has no route", answer{status: 404, server: "nginx", body: "<html>404 Not Found</html>"}, "ari: Dial: 404: Not Found", false},
		{"a proxy's JSON", "nor because of another API's words", answer{status: 404, body: `{"code":5}`}, "ari: Dial: 404: Not Found", false},
		{"exists", "the ID is taken", answer{status: 409, server: "Asterisk/22.10.1", body: `{"message":"Channel is not in the 'Down' state"}`}, "ari: Dial: 409: Channel is not in the 'Down' state", false},
		{"failed", "some failures have another form", answer{status: 500, server: "Asterisk/22.10.1", body: `{"error":"Allocation failed"}`}, "ari: Dial: 500: Allocation failed", false},
		{"wrong password", "nothing was done", answer{status: 401, server: "Asterisk/22.10.1", body: ""}, "ari: Dial: 401: Unauthorized", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client, _ := serve(t, c.answer)
			err := client.Dial(t.Context(), "uid-1", "", 0)
			if err == nil || err.Error() != c.want || ari.IsGone(err) != c.gone || ari.StatusOf(err) != c.answer.status {
				t.Errorf("%s: %v, gone %t, status %d", c.reason, err, ari.IsGone(err), ari.StatusOf(err))
			}
		})
	}
}

// TestWhetherItWasSent: only what never left this program is known to have had no effect.
func TestWhetherItWasSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String() + "/ari"
	_ = listener.Close()
	cuts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	}))
	defer cuts.Close()
	cases := []struct {
		name, reason, url string
		notSent           bool
	}{
		{"nobody listens", "no connection, no request", closed, true},
		{"cut after the request", "Asterisk cuts connections past its session limit, and after it has begun to dial", cuts.URL + "/ari", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client, err := ari.New(ari.Options{URL: c.url, Username: user, Password: password})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.CreateChannel(t.Context(), ari.ChannelToCreate{Endpoint: "PJSIP/+14255550100@trunk"})
			var notSent *ari.NotSentError
			if err == nil || errors.As(err, &notSent) != c.notSent {
				t.Errorf("%s: %v", c.reason, err)
			}
			if err != nil && strings.Contains(err.Error(), "14255550100") {
				t.Errorf("an error has a number: %v", err)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	cases := []struct {
		name    string
		options ari.Options
	}{
		{"no URL", ari.Options{Username: "a", Password: "b"}},
		{"no scheme", ari.Options{URL: "pbx:8088", Username: "a", Password: "b"}},
		{"credentials in the URL", ari.Options{URL: "http://a:b@pbx:8088/ari", Username: "a", Password: "b"}},
		{"query", ari.Options{URL: "http://pbx:8088/ari?api_key=a:b", Username: "a", Password: "b"}},
		{"no password", ari.Options{URL: "http://pbx:8088/ari", Username: "a"}},
	}
	for _, c := range cases {
		if _, err := ari.New(c.options); err == nil || strings.Contains(err.Error(), "a:b") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestNoFormatPrintsThePassword, since clients are logged by mistake.
func TestNoFormatPrintsThePassword(t *testing.T) {
	client, err := ari.New(ari.Options{URL: "http://pbx:8088/ari", Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, client); strings.Contains(text, password) {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

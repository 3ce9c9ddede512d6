// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/ari"
)

func TestMediaRequests(t *testing.T) {
	channel, bridge := ari.OnChannel("1.2"), ari.OnBridge("b1")
	cases := []struct {
		name, reason string
		send         func(context.Context, *ari.Client) error
		want         string
	}{
		{
			name: "play to a channel", reason: "an ID may have slashes, and long media have no place in a URL",
			send: func(ctx context.Context, c *ari.Client) error {
				return c.Play(ctx, channel, "a/b", "sound:x", "sound:y")
			},
			want: `POST /ari/channels/1.2/play/a%2Fb {"media":["sound:x","sound:y"]}`,
		},
		{
			name: "play to a bridge", send: func(ctx context.Context, c *ari.Client) error { return c.Play(ctx, bridge, "p", "sound:x") },
			want: `POST /ari/bridges/b1/play/p {"media":["sound:x"]}`,
		},
		{name: "stop", send: func(ctx context.Context, c *ari.Client) error { return c.StopPlayback(ctx, "a/b") }, want: "DELETE /ari/playbacks/a%2Fb"},
		{
			name: "playback", send: func(ctx context.Context, c *ari.Client) error { _, err := c.Playback(ctx, "a/b"); return err },
			want: "GET /ari/playbacks/a%2Fb",
		},
		{
			name: "variable of a bridge", send: func(ctx context.Context, c *ari.Client) error { return c.SetTargetVariable(ctx, bridge, "A", "b") },
			want: `POST /ari/bridges/b1/variable {"report_events":true,"value":"b","variable":"A"}`,
		},
		{
			name: "read it", send: func(ctx context.Context, c *ari.Client) error {
				_, err := c.TargetVariable(ctx, bridge, "A")
				return err
			},
			want: "GET /ari/bridges/b1/variable?variable=A",
		},
		{name: "tones", send: func(ctx context.Context, c *ari.Client) error { return c.SendDTMF(ctx, "1.2", "1#") }, want: "POST /ari/channels/1.2/dtmf?dtmf=1%23"},
		{name: "mute", send: func(ctx context.Context, c *ari.Client) error { return c.MuteIn(ctx, "1.2") }, want: "POST /ari/channels/1.2/mute?direction=in"},
		{name: "unmute", send: func(ctx context.Context, c *ari.Client) error { return c.UnmuteIn(ctx, "1.2") }, want: "DELETE /ari/channels/1.2/mute?direction=in"},
		{
			name: "record", reason: "a name is used once", send: func(ctx context.Context, c *ari.Client) error { return c.RecordBridge(ctx, "b1", "n/x") },
			want: "POST /ari/bridges/b1/record?format=wav&ifExists=fail&name=n%2Fx",
		},
		{name: "pause", send: func(ctx context.Context, c *ari.Client) error { return c.PauseRecording(ctx, "n/x") }, want: "POST /ari/recordings/live/n%2Fx/pause"},
		{name: "resume", send: func(ctx context.Context, c *ari.Client) error { return c.ResumeRecording(ctx, "n/x") }, want: "DELETE /ari/recordings/live/n%2Fx/pause"},
		{name: "keep", send: func(ctx context.Context, c *ari.Client) error { return c.StopRecording(ctx, "n/x") }, want: "POST /ari/recordings/live/n%2Fx/stop"},
		{
			name: "stored", send: func(ctx context.Context, c *ari.Client) error { _, err := c.StoredRecording(ctx, "n/x"); return err },
			want: "GET /ari/recordings/stored/n%2Fx",
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

// TestRecordingContent: a content is read for longer than a request may take.
func TestRecordingContent(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.URL.EscapedPath()
		_, _ = io.WriteString(w, "RIFF")
	}))
	defer server.Close()
	var status int
	client, err := ari.New(ari.Options{
		URL: server.URL + "/ari", Username: user, Password: password, HTTPClient: &http.Client{Timeout: time.Nanosecond},
		Begin: func(context.Context, string) func(int, error) {
			return func(answered int, _ error) { status = answered }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := client.RecordingContent(t.Context(), "n/x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Close() }()
	sound, err := io.ReadAll(content)
	if err != nil || string(sound) != "RIFF" || asked != "GET /ari/recordings/stored/n%2Fx/file" || status != http.StatusOK {
		t.Errorf("got %q, %v by %s, watched as %d", sound, err, asked, status)
	}
}

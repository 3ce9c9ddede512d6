// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"context"
	"io"
	"net/http"
	"strings"
)

// Target is a channel or a bridge, as events name it: "channel:1234" or "bridge:5678".
type Target string

const channelPrefix, bridgePrefix = "channel:", "bridge:"

// OnChannel is the channel with this ID.
func OnChannel(id string) Target { return Target(channelPrefix + id) }

// OnBridge is the bridge with this ID.
func OnBridge(id string) Target { return Target(bridgePrefix + id) }

// ID is the channel's or the bridge's ID.
func (t Target) ID() string {
	_, id, _ := strings.Cut(string(t), ":")
	return id
}

// IsBridge tells whether it is a bridge.
func (t Target) IsBridge() bool { return strings.HasPrefix(string(t), bridgePrefix) }

// path are the segments of its path, and some more.
func (t Target) path(more ...string) []string {
	kind := "channels"
	if t.IsBridge() {
		kind = "bridges"
	}
	return append([]string{kind, t.ID()}, more...)
}

// TargetVariable returns a variable of a channel or a bridge. IsGone says that the target or the variable does not exist.
func (c *Client) TargetVariable(ctx context.Context, target Target, name string) (string, error) {
	var variable struct {
		Value string `json:"value"`
	}
	err := c.do(ctx, request{
		operation: "Variable", method: http.MethodGet, path: target.path("variable"), query: queryOf("variable", name), into: &variable,
	})
	return variable.Value, err
}

// SetTargetVariable sets a variable of a channel or a bridge, which Asterisk reports with it from then on.
func (c *Client) SetTargetVariable(ctx context.Context, target Target, name, value string) error {
	return c.do(ctx, request{
		operation: "SetReportedVariable", method: http.MethodPost, path: target.path("variable"),
		body: map[string]any{"variable": name, "value": value, "report_events": true},
	})
}

// Playback is something that is played, or waits until what was asked for before is over.
type Playback struct {
	ID     string `json:"id"`
	Target Target `json:"target_uri"`
	// State is queued, playing, continuing, done or failed. One that was stopped is done, and one whose channel has ended has failed.
	State string `json:"state"`
}

// Over tells whether it was played to its end, was stopped, or could not be played.
func (p *Playback) Over() bool { return p.State == playbackDone || p.State == PlaybackFailed }

// PlaybackFailed is the state of a playback that could not be played to its end.
const (
	PlaybackFailed = "failed"
	playbackDone   = "done"
)

// Play plays media one after another: sound:NAME, sound:URL, recording:NAME, tone:NAME, digits:42, number:12 or characters:ab, without commas.
// Asterisk accepts an ID again and again, and never reports the end of media of another kind.
func (c *Client) Play(ctx context.Context, target Target, playbackID string, media ...string) error {
	return c.do(ctx, request{
		operation: "Play", method: http.MethodPost, path: target.path("play", playbackID), body: map[string]any{"media": media},
	})
}

// Playback returns a playback. IsGone says that it is over.
func (c *Client) Playback(ctx context.Context, playbackID string) (*Playback, error) {
	var playback Playback
	return &playback, c.do(ctx, request{operation: "Playback", method: http.MethodGet, path: []string{"playbacks", playbackID}, into: &playback})
}

// StopPlayback stops a playback, with all that it would still play. IsGone says that it is over.
func (c *Client) StopPlayback(ctx context.Context, playbackID string) error {
	return c.do(ctx, request{operation: "StopPlayback", method: http.MethodDelete, path: []string{"playbacks", playbackID}})
}

// SendDTMF sends tones to a channel's phone. It does not wait until they are sent.
func (c *Client) SendDTMF(ctx context.Context, channelID, tones string) error {
	return c.do(ctx, request{
		operation: "SendDTMF", method: http.MethodPost, path: []string{"channels", channelID, "dtmf"}, query: queryOf("dtmf", tones),
	})
}

// MuteIn has nobody hear what a channel's phone says.
func (c *Client) MuteIn(ctx context.Context, channelID string) error {
	return c.do(ctx, request{
		operation: "Mute", method: http.MethodPost, path: []string{"channels", channelID, "mute"}, query: queryOf("direction", "in"),
	})
}

// UnmuteIn ends what MuteIn began.
func (c *Client) UnmuteIn(ctx context.Context, channelID string) error {
	return c.do(ctx, request{
		operation: "Unmute", method: http.MethodDelete, path: []string{"channels", channelID, "mute"}, query: queryOf("direction", "in"),
	})
}

// Recording is a recording that is being made, or that is over.
type Recording struct {
	Name   string `json:"name"`
	Format string `json:"format"`
	Target Target `json:"target_uri"`
	// State is queued, recording, paused, done, failed or canceled, and Cause why it has failed.
	State string `json:"state"`
	Cause string `json:"cause"`
}

// RecordBridge records what is said in a bridge into a WAV file. Asterisk refuses a name that a recording has, with 409.
func (c *Client) RecordBridge(ctx context.Context, bridgeID, name string) error {
	return c.do(ctx, request{
		operation: "RecordBridge", method: http.MethodPost, path: []string{"bridges", bridgeID, "record"},
		query: queryOf("name", name, "format", "wav", "ifExists", "fail"),
	})
}

// PauseRecording pauses a recording, ResumeRecording continues it, and StopRecording ends and keeps it. IsGone says that it is over.
func (c *Client) PauseRecording(ctx context.Context, name string) error {
	return c.do(ctx, request{operation: "PauseRecording", method: http.MethodPost, path: []string{"recordings", "live", name, "pause"}})
}

// ResumeRecording continues a paused recording.
func (c *Client) ResumeRecording(ctx context.Context, name string) error {
	return c.do(ctx, request{operation: "ResumeRecording", method: http.MethodDelete, path: []string{"recordings", "live", name, "pause"}})
}

// StopRecording ends a recording, and keeps it.
func (c *Client) StopRecording(ctx context.Context, name string) error {
	return c.do(ctx, request{operation: "StopRecording", method: http.MethodPost, path: []string{"recordings", "live", name, "stop"}})
}

// StoredRecording returns a recording that is over. IsGone says that there is none.
func (c *Client) StoredRecording(ctx context.Context, name string) (*Recording, error) {
	var recording Recording
	return &recording, c.do(ctx, request{
		operation: "StoredRecording", method: http.MethodGet, path: []string{"recordings", "stored", name}, into: &recording,
	})
}

// RecordingContent reads the sound of a recording that is over. The caller closes it. IsGone says that there is none.
func (c *Client) RecordingContent(ctx context.Context, name string) (io.ReadCloser, error) {
	return c.stream(ctx, request{operation: "RecordingContent", method: http.MethodGet, path: []string{"recordings", "stored", name, "file"}})
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Channel is one leg of a call.
type Channel struct {
	// ID identifies it while it lives, Name is its technology and endpoint, and ProtocolID the SIP Call-ID.
	ID         string `json:"id"`
	Name       string `json:"name"`
	ProtocolID string `json:"protocol_id"`
	// State is Down, Ring (incoming, unanswered), Ringing (outgoing), Up, and a few others.
	State string `json:"state"`
	// Caller is who calls, and Connected who is at the other end.
	Caller    CallerID `json:"caller"`
	Connected CallerID `json:"connected"`
	// Dialplan is where it is in the dialplan. AppName is Stasis while an application controls it, and AppData has its arguments.
	Dialplan     Dialplan `json:"dialplan"`
	CreationTime Time     `json:"creationtime"`
	// Variables are those that ari.conf names in channelvars, and those that were set to be reported.
	Variables map[string]string `json:"channelvars"`
}

// States of a channel.
const (
	StateDown    = "Down"
	StateRing    = "Ring"
	StateRinging = "Ringing"
	StateUp      = "Up"
)

// CallerID is a name and a number.
type CallerID struct {
	Name   string `json:"name"`
	Number string `json:"number"`
}

// Dialplan is a place in the dialplan.
type Dialplan struct {
	Context   string `json:"context"`
	Extension string `json:"exten"`
	Priority  int64  `json:"priority"`
	AppName   string `json:"app_name"`
	AppData   string `json:"app_data"`
}

// ChannelToCreate says what channel to create.
type ChannelToCreate struct {
	// Endpoint is whom to call, such as PJSIP/+14255550100@trunk. Asterisk sends to whatever it is given: check it first.
	Endpoint string
	// ID is the new channel's, at most 149 bytes. Asterisk refuses it with 409 while a channel with it lives, and only then.
	ID string
	// App is the application that controls it, and AppArgs what its StasisStart has.
	App     string
	AppArgs []string
	// Originator is a channel that this one is created for: its codecs and language are taken over.
	Originator string
	// Variables are set before anything else happens.
	Variables map[string]Variable
}

// Variable is a variable of a channel. A reported one is in everything that Asterisk says of the channel, in Channel.Variables.
type Variable struct {
	Value    string `json:"value"`
	Reported bool   `json:"report_events"`
}

// CreateChannel creates a channel that rings nobody yet.
func (c *Client) CreateChannel(ctx context.Context, channel ChannelToCreate) (*Channel, error) {
	var created Channel
	var body any
	if len(channel.Variables) > 0 {
		body = map[string]any{"variables": channel.Variables}
	}
	return &created, c.do(ctx, request{
		operation: "CreateChannel", method: http.MethodPost, path: []string{"channels", "create"}, body: body, into: &created,
		query: queryOf("endpoint", channel.Endpoint, "app", channel.App, "appArgs", joined(channel.AppArgs), "channelId", channel.ID,
			"originator", channel.Originator),
	})
}

// Dial rings the endpoint of a created channel. Caller is a channel that is told of its progress; "" is none. After timeout without
// an answer, in whole seconds, Asterisk gives up; zero is Asterisk's default of no limit.
func (c *Client) Dial(ctx context.Context, channelID, caller string, timeout time.Duration) error {
	seconds := ""
	if timeout > 0 {
		seconds = strconv.Itoa(int((timeout + time.Second - 1) / time.Second))
	}
	return c.do(ctx, request{
		operation: "Dial", method: http.MethodPost, path: []string{"channels", channelID, "dial"},
		query: queryOf("caller", caller, "timeout", seconds),
	})
}

// Channel returns a live channel. IsGone says that there is none.
func (c *Client) Channel(ctx context.Context, channelID string) (*Channel, error) {
	var channel Channel
	return &channel, c.do(ctx, request{operation: "Channel", method: http.MethodGet, path: []string{"channels", channelID}, into: &channel})
}

// Channels returns all channels of this Asterisk, other applications' too.
func (c *Client) Channels(ctx context.Context) ([]Channel, error) {
	var channels []Channel
	return channels, c.do(ctx, request{operation: "Channels", method: http.MethodGet, path: []string{"channels"}, into: &channels})
}

// Answer answers an incoming channel.
func (c *Client) Answer(ctx context.Context, channelID string) error {
	return c.do(ctx, request{operation: "Answer", method: http.MethodPost, path: []string{"channels", channelID, "answer"}})
}

// Ring tells an incoming channel's caller that the phone rings.
func (c *Client) Ring(ctx context.Context, channelID string) error {
	return c.do(ctx, request{operation: "Ring", method: http.MethodPost, path: []string{"channels", channelID, "ring"}})
}

// Redirect sends an unanswered caller, or an answered one, to another endpoint. An endpoint without an address of its own is
// answered with success, and nothing happens.
func (c *Client) Redirect(ctx context.Context, channelID, endpoint string) error {
	return c.do(ctx, request{
		operation: "Redirect", method: http.MethodPost, path: []string{"channels", channelID, "redirect"}, query: queryOf("endpoint", endpoint),
	})
}

// Continue gives a channel back to the dialplan, at a place in it. Asterisk does not say whether there is such a place: ask for the
// variable DIALPLAN_EXISTS(context,extension,priority) first.
func (c *Client) Continue(ctx context.Context, channelID, dialplanContext, extension string, priority int) error {
	return c.do(ctx, request{
		operation: "Continue", method: http.MethodPost, path: []string{"channels", channelID, "continue"},
		query: queryOf("context", dialplanContext, "extension", extension, "priority", strconv.Itoa(priority)),
	})
}

// HangUp ends a channel. Reason is a word such as busy, or "" for a normal end; it says what an unanswered caller hears.
func (c *Client) HangUp(ctx context.Context, channelID, reason string) error {
	return c.do(ctx, request{
		operation: "HangUp", method: http.MethodDelete, path: []string{"channels", channelID}, query: queryOf("reason", reason),
	})
}

// Variable returns a variable of a channel. IsGone says that the channel or the variable does not exist.
func (c *Client) Variable(ctx context.Context, channelID, name string) (string, error) {
	var variable struct {
		Value string `json:"value"`
	}
	err := c.do(ctx, request{
		operation: "Variable", method: http.MethodGet, path: []string{"channels", channelID, "variable"},
		query: queryOf("variable", name), into: &variable,
	})
	return variable.Value, err
}

// SetReportedVariable sets a variable that is in everything that Asterisk says of the channel from then on.
func (c *Client) SetReportedVariable(ctx context.Context, channelID, name, value string) error {
	return c.do(ctx, request{
		operation: "SetReportedVariable", method: http.MethodPost, path: []string{"channels", channelID, "variable"},
		query: queryOf("variable", name, "value", value, "report_events", "true"),
	})
}

// SetVariable sets a variable of a channel.
func (c *Client) SetVariable(ctx context.Context, channelID, name, value string) error {
	return c.do(ctx, request{
		operation: "SetVariable", method: http.MethodPost, path: []string{"channels", channelID, "variable"},
		query: queryOf("variable", name, "value", value),
	})
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"context"
	"net/http"
)

// Info is what Asterisk says of itself.
type Info struct {
	System struct {
		// Version is Asterisk's, such as 22.10.1. EntityID is not unique unless entityid is set in asterisk.conf.
		Version  string `json:"version"`
		EntityID string `json:"entity_id"`
	} `json:"system"`
	Status struct {
		// StartupTime is when it started. Channels and bridges of before are gone.
		StartupTime Time `json:"startup_time"`
	} `json:"status"`
}

// Info returns what Asterisk says of itself.
func (c *Client) Info(ctx context.Context) (*Info, error) {
	var info Info
	return &info, c.do(ctx, request{operation: "Info", method: http.MethodGet, path: []string{"asterisk", "info"}, into: &info})
}

// Application is a Stasis application that a program listens for, or that holds channels.
type Application struct {
	Name string `json:"name"`
	// ChannelIDs and BridgeIDs are what it is subscribed to.
	ChannelIDs []string `json:"channel_ids"`
	BridgeIDs  []string `json:"bridge_ids"`
}

// Application returns an application. IsGone says that nobody listens for it and that it holds no channels.
func (c *Client) Application(ctx context.Context, name string) (*Application, error) {
	var application Application
	return &application, c.do(ctx, request{operation: "Application", method: http.MethodGet, path: []string{"applications", name}, into: &application})
}

// Subscribe subscribes an application to the events of sources such as "channel:1234" or "bridge:", which is all bridges. An incoming
// channel's end is reported only after it.
func (c *Client) Subscribe(ctx context.Context, application string, sources ...string) error {
	return c.do(ctx, request{
		operation: "Subscribe", method: http.MethodPost, path: []string{"applications", application, "subscription"},
		query: queryOf("eventSource", joined(sources)),
	})
}

// LeaveOut has Asterisk not report some types of events to an application, until its listener connects again.
func (c *Client) LeaveOut(ctx context.Context, application string, eventTypes ...string) error {
	type eventType struct {
		Type string `json:"type"`
	}
	var filter struct {
		Disallowed []eventType `json:"disallowed"`
	}
	for _, name := range eventTypes {
		filter.Disallowed = append(filter.Disallowed, eventType{name})
	}
	return c.do(ctx, request{
		operation: "LeaveOut", method: http.MethodPut, path: []string{"applications", application, "eventFilter"}, body: filter,
	})
}

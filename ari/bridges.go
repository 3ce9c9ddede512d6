// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package ari

import (
	"context"
	"net/http"
)

// Bridge connects channels: who is in it hears the others.
type Bridge struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Technology changes by itself with the number of channels.
	Technology string `json:"technology"`
	// Channels are the IDs of the channels in it.
	Channels []string `json:"channels"`
}

// CreateBridge creates a bridge that mixes what its channels say. Asterisk refuses an ID with 409 while a bridge with it exists.
func (c *Client) CreateBridge(ctx context.Context, bridgeID, name string) (*Bridge, error) {
	var bridge Bridge
	return &bridge, c.do(ctx, request{
		operation: "CreateBridge", method: http.MethodPost, path: []string{"bridges", bridgeID},
		query: queryOf("type", "mixing", "name", name), into: &bridge,
	})
}

// Bridge returns a bridge. IsGone says that there is none.
func (c *Client) Bridge(ctx context.Context, bridgeID string) (*Bridge, error) {
	var bridge Bridge
	return &bridge, c.do(ctx, request{operation: "Bridge", method: http.MethodGet, path: []string{"bridges", bridgeID}, into: &bridge})
}

// Bridges returns all bridges of this Asterisk.
func (c *Client) Bridges(ctx context.Context) ([]Bridge, error) {
	var bridges []Bridge
	return bridges, c.do(ctx, request{operation: "Bridges", method: http.MethodGet, path: []string{"bridges"}, into: &bridges})
}

// AddChannels puts channels into a bridge, all or none. A channel in another bridge moves; one that is in this bridge leaves it and
// comes back.
func (c *Client) AddChannels(ctx context.Context, bridgeID string, channelIDs ...string) error {
	return c.do(ctx, request{
		operation: "AddChannels", method: http.MethodPost, path: []string{"bridges", bridgeID, "addChannel"},
		query: queryOf("channel", joined(channelIDs)),
	})
}

// RemoveChannels takes channels out of a bridge. They live on.
func (c *Client) RemoveChannels(ctx context.Context, bridgeID string, channelIDs ...string) error {
	return c.do(ctx, request{
		operation: "RemoveChannels", method: http.MethodPost, path: []string{"bridges", bridgeID, "removeChannel"},
		query: queryOf("channel", joined(channelIDs)),
	})
}

// DestroyBridge removes a bridge. Its channels live on.
func (c *Client) DestroyBridge(ctx context.Context, bridgeID string) error {
	return c.do(ctx, request{operation: "DestroyBridge", method: http.MethodDelete, path: []string{"bridges", bridgeID}})
}

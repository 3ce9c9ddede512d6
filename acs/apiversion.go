// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "cmp"

// WithAPIVersion returns the client with another api-version, over the same connections, so that a repeated request can keep
// its first version. An empty version changes nothing.
func (c *Client) WithAPIVersion(version string) *Client {
	changed := *c
	changed.apiVersion = cmp.Or(version, c.apiVersion)
	return &changed
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "cmp"

// WithAPIVersion is the client with another api-version, over the same connections: a request that is repeated carries the one
// that it carried first. An empty version changes nothing.
func (c *Client) WithAPIVersion(version string) *Client {
	changed := *c
	changed.apiVersion = cmp.Or(version, c.apiVersion)
	return &changed
}

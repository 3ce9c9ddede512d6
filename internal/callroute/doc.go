// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callroute decides which CallRoute takes an incoming call. It has no clock, no client and no randomness.
//
// # Rules
//
//   - Of the routes that match a call, the one with the highest priority takes it; among equals, the first by name.
//   - A route with an origin matches only calls that one of our Calls placed. Until it is known which Call placed a
//     call, if any, such a route is undecided, and no later route may take the call: a guess could connect a caller to
//     the wrong phone.
//   - If several Calls may have placed a call, a route with an origin is decided if the result is the same for each.
//   - A redirect never takes a call that it has redirected before, which would create a loop.
package callroute

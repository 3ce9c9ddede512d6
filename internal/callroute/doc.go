// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callroute decides which CallRoute takes an incoming call. It has no clock, no client and no randomness.
//
// # Rules
//
//   - Of the routes that match a call the one with the highest priority takes it; among equals, the first by name.
//   - A route with an origin matches calls only that a Call of ours placed. Until it is known whether a call is one of
//     those, and which, such a route is undecided, and no route after it may take the call: a guess could send a caller
//     to somebody else's phone.
//   - Where several Calls may have placed a call, a route with an origin is decided when it would say the same of each.
//   - A redirect never takes a call that it has passed on before: that is how it would go round in circles.
package callroute

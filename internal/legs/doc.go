// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package legs determines which Call placed an arriving call. It has no clock, no client and no randomness.
//
// A call from one of our numbers to another has two legs: the Call that was placed, and the incoming call that arrives.
// App users' legs share a correlation ID. The two legs of a telephone call have different ones, and different server call
// IDs: the service never names the other leg.
//
// # Rules
//
//   - Equal correlation IDs pair an arriving leg with an outbound Call if caller and callee match. If they do not, the leg
//     is an invitation into that call, and no outbound Call placed it.
//   - Otherwise a leg at a telephone number is paired by caller, callee and time: it rings after the Call was sent, and
//     before that was answered or over.
//   - A Call arrives once: after it is paired with one leg, it is no candidate for another.
//   - A leg that a route redirected arrives again, elsewhere. It keeps the Call that placed it.
//   - With several candidates, none is guessed. A caller who withholds the number may be any candidate, or a stranger.
//
// # What keeps it unambiguous
//
// A second call between the same two own numbers is placed only after the leg of the first has arrived, or can no longer
// arrive: when Grace has passed since the first was answered or over. Package dialqueue enforces this.
//
// # What it cannot know
//
// It cannot recognise other software that places calls from the same numbers, or strangers who spoof them. If such a call
// arrives while a Call with the same two numbers is being placed, it is paired with that Call.
package legs

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package legs finds out which Call placed a call that arrives. It has no clock, no client and no randomness.
//
// A call from one of our numbers to another one has two sides, its legs: the Call that was placed, and the incoming call
// that arrives. App users' legs have one correlation ID. The two legs of a telephone call have different ones, and
// different server call IDs: nothing that the service sends names the other leg.
//
// # Rules
//
//   - Equal correlation IDs pair an arriving leg with an outbound Call whose caller and callee fit. Where they do not fit,
//     the leg is somebody whom that call invited, and no outbound Call placed it.
//   - Otherwise a leg at a telephone number is paired by caller, callee and time: it rings after the Call was sent, and
//     before that was answered or over.
//   - A Call arrives once: what was paired with one leg is no candidate for another.
//   - A leg that a route redirected arrives again, elsewhere. It keeps the Call that placed it.
//   - Of several candidates none is guessed. A caller who withholds the number may be each candidate, or a stranger.
//
// # What keeps it unambiguous
//
// A second call from one own number to the same own number is placed only when the leg of the first was seen, or can no
// longer come: when it is Grace ago that the first was answered or over. package dialqueue has the line for it.
//
// # What it cannot know
//
// Other software that places calls from the same numbers, and strangers who pretend to: a call of theirs that arrives
// while a Call with the same two numbers is on its way is taken for that Call.
package legs

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialqueue decides which calls may be placed now. It has no clock, no client and no randomness; the truth is
// in the API server, and the queue is rebuilt from it by Hold when a process starts.
//
// # Rules
//
//   - Capacity: the calls that use a caller number of one service at once never exceed the number's limit.
//   - Callee: no two calls to one callee through one service at once, unless the ticket names none.
//   - Other leg: of the calls from one own number to another one, only one at a time is placed whose arriving leg was not
//     seen and may still come, so that package legs can tell which leg is whose. The ticket's Callee names both numbers
//     for that; Hold with no Callee says that the leg was seen, or can no longer come.
//   - Pace: a provider places so many calls a second and no more, evenly spread; what was not used is lost.
//   - Order: among the calls that use one number, the one that is wanted for longest goes first, then by name. A call that
//     waits for its callee lets younger ones pass: they wait for something else.
//   - Order under pace: among those that wait for one provider's pace and nothing else, whatever their number, the oldest
//     goes first. Who does not come in its turn lets the next pass after one interval, and keeps its place.
//
// # Invariants
//
//   - A ticket is a holder, a waiter, or unknown; never two of them.
//   - The holders of a number that Admit let in never exceed the limit that Admit was given. Hold notes what is already
//     true, so it asks no limit.
//   - No waiter is forgotten: whenever something is released, Release returns whoever may now be admitted. A waiter for
//     the pace has a time after which it may ask again: as many intervals away as there are before it. Whoever becomes the
//     first of them is returned too, since its turn may have come nearer.
//   - An older waiter that does not ask again still keeps its turn, but only as long as it is in line: who no longer
//     wants a slot releases it.
//   - Of the Calls of one name one is known, the last that was seen: an earlier one is released as soon as a later one is
//     met, since perhaps nobody was told that it is gone. What is older than that, by Ticket.Version, changes nothing.
//
// # Cost
//
// Asking and releasing cost a binary search and a move of memory in the lines of a number, a callee and a provider; to ask
// again with nothing changed moves nothing. Where a number has free slots, but fewer than there are older waiters, they are
// counted off one by one: a look at as many older waiters as there are free slots, and at those between them whose callee
// is taken. To release looks at as many, and to admit, at each provider that has a line or was used in the last second.
//
// A waiter for the pace asks when it comes, when it becomes the first, when its turn is, and in between a few times more,
// as the logarithm of its place: each time that it comes when it was told and those before it came a little late.
//
// # Not goals
//
// Fairness between namespaces or callers, priorities, pre-emption, persistence, limits on incoming calls. Two
// processes have two queues: that one of them works at a time is the leader election's part.
package dialqueue

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialqueue decides which calls may be placed now. It has no clock, no client and no randomness; the truth is
// in the API server, and the queue is rebuilt from it by Hold when a process starts.
//
// # Rules
//
//   - Capacity: the calls that use a caller number at once never exceed the number's limit.
//   - Callee: no two calls to one callee at once, unless the ticket names none.
//   - Pace: a provider places so many calls a second and no more.
//   - Order: among the calls that use one number, the oldest goes first, by creation time, then by name. A call that
//     waits for its callee lets younger ones pass: they wait for something else.
//
// # Invariants
//
//   - A ticket is a holder, a waiter, or unknown; never two of them.
//   - The holders of a number that Admit let in never exceed the limit that Admit was given. Hold notes what is already
//     true, so it asks no limit.
//   - No waiter is forgotten: whenever something is released, Release returns whoever may now be admitted. A waiter for
//     the pace has a time after which it may ask again.
//   - An older waiter that does not ask again still keeps its turn, but only as long as it is in line: who no longer
//     wants a slot releases it.
//   - Of the Calls of one name one is known, the last that was seen: an earlier one is released as soon as a later one is
//     met, since perhaps nobody was told that it is gone. What is older than that, by Ticket.Version, changes nothing.
//
// # Cost
//
// Asking and releasing cost a binary search in the line of one number, and a move of memory.
//
// # Not goals
//
// Fairness between namespaces or callers, priorities, pre-emption, persistence, limits on incoming calls. Two
// processes have two queues: that one of them works at a time is the leader election's part.
package dialqueue

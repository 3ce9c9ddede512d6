// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dialqueue decides which calls may be placed now. It has no clock, no client and no randomness; the API server
// holds the truth, and MarkPlaced rebuilds the queue from it when a process starts.
//
// # Rules
//
//   - Capacity: the calls that use a caller number of one service at once never exceed the number's limit.
//   - Callee: no two concurrent calls to one callee through one service, unless the ticket names none.
//   - Other leg: between two own numbers, only one call at a time may have a leg that has not arrived and still may, so
//     that package legs can match the legs. The ticket's Callee names both numbers for this; MarkPlaced without a Callee
//     says that the leg has arrived, or can no longer arrive.
//   - Pace: a provider places at most so many calls a second, evenly spread; unused capacity does not accumulate.
//   - Order: among the calls that use one number, the oldest goes first, then by name. A call that waits for its callee
//     lets younger ones pass, since they wait for something else.
//   - Order under pace: among calls that wait only for one provider's pace, with any number, the oldest goes first. A call
//     that misses its turn lets the next pass after one interval, and keeps its place.
//
// # Invariants
//
//   - A ticket is a holder, a waiter, or unknown; never two of them.
//   - The holders of a number that Admit let in never exceed the limit that Admit was given. MarkPlaced records calls that
//     are already placed, so it checks no limit.
//   - No waiter is forgotten: Release returns the waiters that may now be admitted. A waiter for the pace has a time after
//     which it may ask again: one interval for each waiter before it. A waiter that becomes the first is returned too,
//     since its turn may now be earlier.
//   - An older waiter that does not ask again keeps its turn as long as it is in the queue. A ticket that no longer needs
//     a slot must be released.
//   - Only the latest Call of a name is known: a newer one releases an earlier one, since its deletion may have gone
//     unnoticed. Older versions, by Ticket.Version, change nothing.
//
// # Cost
//
// Asking and releasing cost a binary search and a memory move in the lines of a number, a callee and a provider; asking
// again without a change moves nothing. If a number has free slots, but fewer than older waiters, the waiters are checked
// one by one: as many as there are free slots, plus those between them whose callee is busy. Releasing checks as many.
// Admitting also checks each provider that has a line or was used in the last second.
//
// A waiter for the pace asks when it arrives, when it becomes the first, and at its turn. In between it asks a few more
// times, about the logarithm of its place: each time that it returns as told while those before it were a little late.
//
// # Not goals
//
// Fairness between namespaces or callers, priorities, pre-emption, persistence, limits on incoming calls. Two processes
// have two queues: leader election ensures that only one works at a time.
package dialqueue

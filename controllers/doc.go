// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package controllers sets up the manager. Each kind has its reconciler in a package of its own: call, operation (ParticipantMoves),
// route and provider. They do not know each other. What they share is below shared: once carries out requests,
// access connects to services, objects reads and writes objects, steps and pauses pace the work, and metrics counts it.
//
// A reconciler collects the current state in an observation, asks a pure function for the next step (decide, without clock, client
// and randomness), takes that one step, and repeats until there is nothing to do but wait. Only packages callstatus and operationstatus
// decide how a fact changes a status.
package controllers

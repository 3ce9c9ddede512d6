// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package simulator is Azure Communication Services Call Automation in a process: the REST API with its HMAC
// authentication and repeatable requests, the events on callback URLs with their tokens, incoming calls by way of
// Event Grid, and virtual phones that answer, are busy, decline, ring for ever and hang up.
//
// A Simulator is one ACS resource. Its Handler speaks the wire protocol, as far as it is known, so that a client of
// the real service cannot tell; what had to be assumed is said in README.md. Faults switch on what goes wrong in
// practice: latency, throttling, errors before and after the effect, broken connections, and callbacks that are late,
// lost, doubled or out of order. The journal tells everything that happened, and counts how often each phone rang.
//
// All calls, phones and rings are one world under one lock. An operation changes the world and leaves behind what is to
// be sent and what is to happen later; neither happens under the lock.
package simulator

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package simulator runs Azure Communication Services Call Automation in a single process: the REST API with its HMAC
// authentication and repeatable requests, the events on callback URLs with their tokens, incoming calls through Event
// Grid, and virtual phones that answer, are busy, decline, ring forever and hang up. Phones listen: they press keys, say
// words and hang up by a script when they hear a prompt, and a log tells what each of them heard.
//
// A Simulator is one ACS resource. Its Handler speaks the wire protocol, as far as it is known, so that a client cannot
// distinguish it from the real service. README.md lists the assumptions. Faults inject realistic failures: latency,
// throttling, errors before and after the effect, broken connections, and callbacks that are late, lost, duplicated or
// out of order. The journal records everything that happened, and counts how often each phone rang.
//
// All calls, phones and rings form one world under one lock. An operation changes the world and returns what to send
// and what to do later; neither happens under the lock.
package simulator

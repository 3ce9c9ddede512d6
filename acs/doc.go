// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acs is a client for Azure Communication Services Call Automation: its REST API, its callback events and the
// Event Grid event of an incoming call. It needs nothing of the operator.
//
// # Requests
//
// A Client has a method for each operation. An operation that is accepted is not yet carried out: what becomes of it is
// told by events, which the service posts to the callback URI.
//
// Operations that take a Repeatability are carried out once for each ID, however often they are sent. The ID is the
// caller's to choose, and to keep, if a request is to survive the caller's crash. Tries that the client makes by itself
// carry the same ID.
//
// An error is an *Error. Its Outcome says what is known of the request's effect: made, not made, or unknown, which
// calls for the same request with the same Repeatability.
//
// # Events
//
// ParseEvents decodes the body of a callback, ParseEventGrid that of an Event Grid delivery. Authenticate the sender
// first: neither does.
//
// # Secrets
//
// AccessKey and Secret print as REDACTED in every format. No error holds a key.
package acs

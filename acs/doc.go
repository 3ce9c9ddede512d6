// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acs is a client for Azure Communication Services Call Automation: its REST API, its callback events and the
// Event Grid event of an incoming call. It needs nothing of the operator that it is part of. Microsoft has no such
// package for Go.
//
// # Getting started
//
// ParseConnectionString and NewClient make a client from the connection string that the Azure portal shows;
// NewClientWithTokenCredential makes one from a credential of the azidentity package. ClientOptions are azcore's, with
// an api-version and leave to speak http to a simulator.
//
// # Requests
//
// A Client has a method for each operation of api-version 2026-03-12, named after it. Identifiers name the parties:
// PhoneNumberIdentifier and its like make them, ParseRawID reads them, and they are compared by ID.
//
// An operation that is accepted is not yet carried out: what becomes of it is told by events, which the service posts to
// the callback URI of the request or of its call. Each method's comment names them. Give each request an
// OperationContext of its own, since its events bring it back, sometimes before the request's own response.
//
// The service has no operation that lists calls. Keep the CallConnectionID.
//
// # Tries
//
// azcore's pipeline repeats a try after 408, 429, 500, 502, 503, 504 and lost connections, and keeps to Retry-After. Operations that
// take a Repeatability are carried out once for each ID, however often they are sent, so that each try carries the same
// ID, and a signature of its own. The ID is the caller's to choose, and to store with the time before the request is
// sent if it is to survive the caller's crash. A POST without one is not tried again once a try may have had its effect:
// nobody's phone rings twice. Reading, deleting and Terminate are, since that does no harm.
//
// # Errors
//
// An error of a request is an *Error, with the HTTP status, the service's code, sub-code and message. Describe says what
// a code with its sub-code means, here and in events. OutcomeOf says what is known of the request's effect, over all of
// its tries:
//
//	made      the service accepted it
//	not made  it had no effect: the service refused it, or it was never sent
//	unknown   it may have had its effect: send it again with the same Repeatability, or find out by other means
//
// # Events
//
// ParseEvents decodes the body of a callback, ParseEventGrid that of an Event Grid delivery. Each of the 38 types of
// callback events has a Go type of the same name; others are kept as *UnknownEvent, since the service adds types and
// fields at any time. Events come unordered and more than once: Event.ID tells repetitions, and
// ParticipantsUpdated.SequenceNumber orders rosters. Authenticate the sender before: neither function does.
//
// # Recordings
//
// StartRecording and its like steer a recording. Its content lies at a storage host, from which DownloadRecording reads
// it; signed requests go to Microsoft's storage hosts alone, as they go to the client's own endpoint alone otherwise.
//
// # Secrets
//
// AccessKey and Secret print as REDACTED in every format, wherever they are kept. No error and no log holds a key or a
// signature. An incoming call's context is a Secret, but JSON holds its text, since requests carry it: do not log
// requests as JSON, nor let azcore log bodies (LogOptions.IncludeBody).
//
// StringToSign, ContentHash and AccessKey.Sign sign a request that this package does not make.
package acs

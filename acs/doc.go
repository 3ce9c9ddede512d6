// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acs is a client for Azure Communication Services Call Automation: its REST API, its callback events and the Event Grid
// event of an incoming call. It does not depend on the operator. Microsoft has no such package for Go.
//
// # Getting started
//
// ParseConnectionString and NewClient create a client from the connection string that the Azure portal shows;
// NewClientWithTokenCredential creates one from a credential of the azidentity package. ClientOptions extend azcore's with an
// api-version and an option to allow http to a simulator.
//
// # Requests
//
// A Client has a method for each operation of api-version 2026-03-12, named after it. Identifiers name the parties:
// PhoneNumberIdentifier and similar functions create them, ParseRawID parses them, and they are compared by ID.
//
// An accepted operation is not yet carried out: the service reports its result in events, which it posts to the callback URI of the
// request or of its call. Each method's comment names them. Give each request its own OperationContext: its events carry it, and
// may arrive before the response to the request.
//
// The service has no operation that lists calls. Keep the CallConnectionID.
//
// # Tries
//
// azcore's pipeline retries after 408, 429, 500, 502, 503, 504 and lost connections, and respects Retry-After. The service carries
// out operations with a Repeatability once per ID, however often they are sent, so each try carries the same ID and a new
// signature. The caller chooses the ID. To survive a crash, store it with the time before you send the request. A POST without an
// ID is not retried once a try may have had its effect, so no phone rings twice. Reading, deleting and Terminate are retried, since
// that does no harm.
//
// # Errors
//
// A failed request returns an *Error, with the HTTP status, the service's code, sub-code and message. Describe explains a code with
// its sub-code, here and in events. OutcomeOf says what is known about the request's effect, over all of its tries:
//
//	made      the service accepted it
//	not made  it had no effect: the service refused it, or it was never sent
//	unknown   it may have had its effect: send it again with the same Repeatability, or find out by other means
//
// # Events
//
// ParseEvents decodes the body of a callback, ParseEventGrid that of an Event Grid delivery. Each of the 38 types of callback
// events has a Go type of the same name; others are kept as *UnknownEvent, since the service adds types and fields at any time.
// Events arrive out of order and more than once: Event.ID identifies repetitions, and ParticipantsUpdated.SequenceNumber orders
// rosters. Authenticate the sender first: neither function does.
//
// # Recordings
//
// StartRecording and related methods control a recording. DownloadRecording reads its content from a storage host. Signed requests
// go only to Microsoft's storage hosts and to the client's own endpoint.
//
// # Secrets
//
// AccessKey and Secret print as REDACTED in every format, also inside other values. No error and no log contains a key or a
// signature. An incoming call's context is a Secret, but JSON contains its text, since requests carry it: do not log requests as
// JSON, and do not let azcore log bodies (LogOptions.IncludeBody).
//
// StringToSign, ContentHash and AccessKey.Sign sign a request that this package does not make.
package acs

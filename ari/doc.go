// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package ari is a client for the Asterisk REST Interface (ARI): the requests that place, answer, bridge and end calls, and the events
// that Asterisk reports about them. It does not depend on the operator. It has been tried with Asterisk 22.10.
//
// # Getting started
//
// New creates a Client for one Asterisk. Channels are calls as Asterisk sees them: one leg each. Bridges connect channels. A Stasis
// application is a name under which a program controls channels; the dialplan sends incoming calls to it.
//
// # Placing a call at most once
//
// A call is placed in two requests. CreateChannel makes a channel with an ID of the caller's choice, and rings nobody; Asterisk
// refuses the same ID while that channel lives. Dial rings. Send Dial once: a second one before the first sign of life from the
// callee ends the call. An ID can be used again after its channel has ended, so the ID alone does not prevent a second ring. Record
// that Dial is about to be sent, and never create the channel again after that.
//
// # Errors
//
// A refused request returns an *Error with Asterisk's status and message. A *NotSentError says that the request never left this
// program. After any other error nobody knows whether Asterisk carried the request out.
//
// # Events
//
// Asterisk reports events on a WebSocket. Connect opens one; whatever happens while it is closed is lost. Accept takes one that
// Asterisk opens by itself (22.5 and later, websocket_client.conf): a persistent one queues events while the program is away. One
// application has one listener: a second one takes over, and the first hears ApplicationReplaced and nothing more.
//
// Nothing survives a restart of Asterisk, and no event tells of it. Compare Info.Status.StartupTime.
package ari

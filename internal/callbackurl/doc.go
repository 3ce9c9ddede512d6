// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callbackurl creates and verifies the URL to which a telephony service reports events of an object.
//
// The URL names the object (kind, namespace, name, UID) and carries an HMAC over exactly those four, so the receiver
// identifies a callback's object without a lookup, and a caller with one object's URL cannot write another's status.
// Because of the UID, a deleted and recreated object has another URL.
//
// The manager, which creates the URLs, and the webhook receiver, which verifies them, share the keys. The first key of
// the list signs, all of them verify; to rotate the key without losing the callbacks of active calls, put the new one
// first and remove the old one when those calls are over.
//
// A second kind of URL is for Event Grid, which reports incoming calls there. It names a CallProvider by namespace and
// name, without the UID, so a recreated provider keeps its subscription.
//
// Nothing in this package reads a clock, a file or the network.
package callbackurl

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package callbackurl makes and checks the URL under which a telephony service reports what happens to an object.
//
// The URL names the object (kind, namespace, name, UID) and carries an HMAC over exactly those four, so that the
// receiver needs neither a look-up nor an index to know what a callback speaks of, and nobody who has one object's
// URL can write another's status. The UID is part of it: a deleted and recreated object has another URL.
//
// The manager, which makes the URLs, and the webhook receiver, which checks them, share the keys. The first key of
// the list signs, all of them verify; to change the key without losing the callbacks of calls under way, put the new
// one first and take the old one away when those calls are over.
//
// A second kind of URL, with a purpose of its own, is given to Event Grid, which reports incoming calls there. It names a
// CallProvider by namespace and name, without the UID: a provider that is created anew keeps its subscription.
//
// Nothing in this package reads a clock, a file or the network.
package callbackurl

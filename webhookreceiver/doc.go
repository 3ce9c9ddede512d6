// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package webhookreceiver receives a telephony service's reports about calls and writes them to status. It also receives Event
// Grid's reports of incoming calls, and creates Calls for them. The adapter for the service authenticates and decodes both.
//
// It is stateless and runs on every replica. It authenticates each callback, limits its size, decodes it, applies the events
// with package callstatus or operationstatus, writes the status, and only then answers. Its promises:
//
//   - Nothing heard is lost. 200 means that the API server has stored the events' content, now or earlier, or that their object
//     is gone. In every other case the answer is an error: 5xx if the sender did nothing wrong, so that it retries.
//   - Nobody gets in. A callback without the token for that exact object is refused before its body is read. If the object's
//     CallProvider has a resource ID, the callback also needs a JSON Web Token that the service signed for this resource. While
//     it cannot be determined whether the token is needed or valid (the provider is gone, the issuer's keys cannot be fetched),
//     the answer is 503, which neither accepts nor finally rejects the callback.
//   - Secrets stay secret. No log, metric, event or answer contains a URL's query, a header, a body or a phone number.
//
// # How a status is written
//
// The object comes from a cache, so the normal case is a single write. The write carries the object's resourceVersion. If it
// conflicts, or if the events change nothing in the cached status (the cache may be stale), the object is read from the API
// server and the events are applied again. A conflict between two writers is normal, not an error.
//
// Callbacks that arrive during a write to their object wait, and share the next write. A write is not bound to any request: a
// client that disconnects does not affect the others.
//
// # Incoming calls
//
// Event Grid delivers to a URL that names a CallProvider and carries a token for it; the token may be in the header
// Call-Operator-Token instead. If the provider requires it, the delivery must carry a token of Entra ID too. Both schemas and
// both handshakes are supported.
//
// For an IncomingCall event the receiver creates a Call named after the event, and then a Secret of the same name, owned by the
// Call, with the context that is needed to answer. Because of these names, every delivery of an event finds the same two
// objects, at any replica and with any concurrency. No Secret is created for a Call that the manager has begun to act on or has
// finished, nor for a call that had stopped ringing before its event arrived; the latter is still recorded. (If a delivery sees
// the Call untouched, and creates the Secret only after the manager has acted and deleted the first one, an unusable context
// remains. It is deleted with the Call.) The owner of the called number does not matter here.
//
// # Connections that services open
//
// Some services report on a connection that they open to a URL that names a CallProvider, with a password for it (telephony.Streams).
// What they report is written as callbacks and events of Event Grid are, but nothing tells the service that it was: so a write is retried
// until it succeeds. When the process stops, it takes no new connection, and closes the others once what they reported is written, or
// after streamPatience. The answer to a request that opens none is 401 (token_missing, token_invalid), 404 (path), or 503
// (provider_missing, api_unavailable, stopping).
//
// # Answers to callbacks
//
//	200  recorded, old_news, unknown_type, empty, gone
//	400  body_unreadable, body_malformed
//	401  token_missing, token_invalid, jwt_missing, jwt_malformed, jwt_unknown_key, jwt_invalid, jwt_expired,
//	     jwt_issuer, jwt_audience
//	404  path, kind
//	405  method
//	408  body_timeout
//	413  body_too_large
//	500  api_refused (the API server will not take the status: a person has to look at RBAC or the CRD), internal
//	503  api_unavailable, provider_missing, keys_unavailable, overloaded, sender_gone (nobody reads this one)
//
// # Answers to Event Grid
//
// Event Grid takes 200 to 204 as success. After 400, 401, 403, 404 and 413 it gives the events up (into the dead-letter store if
// there is one); after 408 it waits for 2 minutes or more, after 503 for 30 seconds or more, which is as long as a call rings;
// after anything else for 10 seconds or more. So temporary failures are answered with 500, and only permanent ones with one of
// the first codes. One answer covers all events of a delivery: if one event is worth retrying, all are retried; otherwise one
// accepted event outweighs those that can never be recorded. The latter are counted by reason and logged without content.
// Source: https://learn.microsoft.com/azure/event-grid/delivery-and-retry.
//
//	200  recorded (Call and Secret are in the API server), late (the Call is), old_news, unknown_type, empty,
//	     validation, consent (the two handshakes)
//	400  body_malformed, event_malformed, context_missing, context_too_large, callee_unknown (the API has no name for the
//	     party), api_invalid (the API server will never take the Call), origin: given up
//	401  token_missing, token_invalid, jwt_missing, jwt_malformed, jwt_unknown_key, jwt_invalid, jwt_expired,
//	     jwt_issuer, jwt_audience, jwt_caller: given up
//	404  path, provider_missing (neither cache nor API server has it), namespace_gone: given up
//	405  method
//	413  body_too_large: given up
//	500  api_unavailable, api_refused, internal, keys_unavailable, overloaded, body_timeout, body_unreadable (it broke off),
//	     sender_gone: delivered again
//
// If the API server rejects a call (api_refused: a used-up quota, a missing permission, an admission policy), the receiver
// retries every second for half of the ring before it answers, since Event Grid retries rarely.
//
// # What is refused
//
// The CallProvider reports an incoming call that was not recorded, and a callback with a genuine URL and an invalid signature:
// in a condition that remains while the latest one was refused (IncomingCallsRefused, CallbacksRefused), and in Events. Each
// replica writes each condition of a provider at most once a minute. A request without a genuine token in its URL appears only
// in the metrics, since anybody can send it.
//
// # Permissions
//
// The receiver reads no Secret; the keys of the callback URLs come from a file. It creates Secrets for the contexts of incoming
// calls and for the answers to sensitive questions, and neither changes nor deletes any.
//
// +kubebuilder:rbac:groups="",resources=secrets,verbs=create
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls,verbs=create;get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves;callactions,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status;callactions/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders/status,verbs=update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
package webhookreceiver

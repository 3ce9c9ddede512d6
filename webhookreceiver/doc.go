// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package webhookreceiver takes in what a telephony service reports about calls and writes it into their status, and
// what Event Grid reports of incoming calls, of which it makes Calls.
//
// It is stateless and runs on every replica. For each callback it authenticates, bounds, decodes, applies the events
// with package callstate or movestate, writes the status, and only then answers. What it promises:
//
//   - Nothing heard is lost. 200 means that what the events say is in the API server, or was there before, or that
//     the object they speak of is gone. In every other case the answer is an error: 5xx when the sender did nothing
//     wrong, so that it sends again.
//   - Nobody gets in. A callback without the token of that very object is refused before its body is read. Where the
//     object's CallProvider names a resource ID, a JSON Web Token that the service signed for this resource is needed
//     too. While nobody can tell whether it is needed or valid (the provider is gone, the issuer's keys cannot be
//     fetched) the answer is 503, neither a welcome nor a final no.
//   - Secrets stay secret. No log, metric, event or answer holds a URL's query, a header, a body or a phone number.
//
// # How a status is written
//
// The object comes from a cache, so that the good path is one write and nothing else. The write carries the object's
// resourceVersion; when it conflicts, or when the events change nothing in the cached status (the cache may be older
// than the write that makes them news), the object is read from the API server and everything is applied anew.
// A conflict is how two writers meet and not an error.
//
// Callbacks for one object that arrive while a write to it is under way wait, and share the next write. A write
// belongs to nobody's request: a client that goes away takes nothing away from the others.
//
// # Incoming calls
//
// Event Grid delivers to a URL that names a CallProvider and carries a token for it; the token may be in the header
// Call-Operator-Token instead. Where the provider says so, the delivery must carry a token of Entra ID too. Both schemas
// and both of their handshakes are understood.
//
// An IncomingCall event becomes a Call named after the event, and then a Secret of the same name, owned by the Call, with
// the context that answers the call. The names make every delivery of an event find the same two objects, at whatever
// replica and however many at once. A Call that the manager has begun to act on, or has finished with, gets no Secret any
// more; nor does one whose event came after the call had rung out, which is recorded all the same. (A delivery that sees
// the Call untouched, and makes the Secret only after the manager has acted and removed the first one, leaves a dead
// context behind. It goes with the Call.) Who owns the called number does not matter here.
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
// Event Grid takes 200 to 204 as success. After 400, 401, 403, 404 and 413 it gives the events up (into the dead-letter
// store if there is one); after 408 it waits for 2 minutes or more, after 503 for 30 seconds or more, which is as long as
// a call rings; after anything else for 10 seconds or more. So what may pass is answered with 500, and only what no
// repetition can mend with one of the first. One answer stands for all events of a delivery: one event worth repeating
// repeats them all, and else one that was taken outweighs those that never can be. Those are counted by reason and
// logged without content. Source: https://learn.microsoft.com/azure/event-grid/delivery-and-retry.
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
// A call that the API server refuses (api_refused: a quota is used up, a right is missing, a policy says no) is tried again each
// second for half of its ring before the answer, since Event Grid's own repetitions are few and far between.
//
// # What is refused
//
// An incoming call that is not recorded, and a callback whose URL is genuine and whose signature is not, show on the
// CallProvider: in a condition that is there while the last one was refused (IncomingCallsRefused, CallbacksRefused) and in
// Events. Each replica writes one condition of one provider once a minute at most. A request without a genuine token in its URL
// shows nowhere but in the metrics: anybody can send that.
//
// # Permissions
//
// The receiver reads no Secret; the keys of the callback URLs come from a file. It creates Secrets, with the contexts of
// incoming calls, and neither changes nor deletes any.
//
// +kubebuilder:rbac:groups="",resources=secrets,verbs=create
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls,verbs=create;get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders/status,verbs=update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
package webhookreceiver

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package webhookreceiver takes in what a telephony service reports about calls and writes it into their status.
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
// # Answers
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
// # Permissions
//
// The receiver reads no Secret; the keys of the callback URLs come from a file.
//
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=calls/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves,verbs=get;list;watch
// +kubebuilder:rbac:groups=call-operator.dev,resources=participantmoves/status,verbs=update
// +kubebuilder:rbac:groups=call-operator.dev,resources=callproviders,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
package webhookreceiver

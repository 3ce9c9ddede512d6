// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tracing makes one OpenTelemetry trace of all that the manager and the webhook receiver do for an object.
//
// The two processes share no memory and write nothing for it: the IDs follow from the object's UID. The first 16 bytes
// of the UID's SHA-256 are the trace ID, the next 8 the ID of the span that covers the object's whole life. Every other
// span is below that one; whoever writes the object's end makes it. (The UID itself has 16 bytes too, but some of its
// bits are always the same, which samplers that go by the trace ID do not bear.)
//
// An object with the annotation TraceparentAnnotation is part of the trace that it names instead: the span of its life is
// a child of the span there.
//
// Spans hold no phone number, no token and no URL.
package tracing

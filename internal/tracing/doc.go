// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tracing combines everything that the manager and the webhook receiver do for an object in one OpenTelemetry
// trace.
//
// The two processes share no memory and store nothing for it: the IDs are derived from the object's UID. The first 16
// bytes of the UID's SHA-256 are the trace ID, the next 8 the ID of the span that covers the object's whole life. Every
// other span is below that one. The process that writes the object's end creates it. (The UID itself has 16 bytes too,
// but some of its bits are constant, which breaks samplers that decide by trace ID.)
//
// An object with the annotation TraceparentAnnotation is part of the trace that it names instead: the span of its life is
// a child of the span there.
//
// Spans contain no phone numbers, tokens or URLs.
package tracing

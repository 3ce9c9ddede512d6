// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package once

import (
	"time"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/controllers/shared/objects"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/tracing"
)

// Base is what the reconcilers have that carry out requests.
type Base struct {
	// Client reads from the cache, never older than this process's own writes.
	client.Client
	// Live reads from the API server.
	Live client.Reader
	// Recorder emits Kubernetes Events.
	Recorder events.EventRecorder
	// Connections are the clients of the providers.
	Connections *access.Connections
	// CallbackKeys sign the callback URLs.
	CallbackKeys callbackurl.Keys
	// AllowShortNumbers permits calls to numbers that are too short for a subscriber number, such as emergency numbers.
	AllowShortNumbers bool
	// Concurrency is how many objects are reconciled at once.
	Concurrency int
	// Metrics counts actions, Tracer creates spans for them.
	Metrics *metrics.Metrics
	Tracer  *tracing.Tracer
	// Now returns the time, NewID generates a Repeatability-Request-ID.
	Now   func() time.Time
	NewID func() string

	// Contacts are what this process knows of its requests, and Expired the objects whose record it deleted.
	Contacts ContactLog
	Expired  objects.Expired
}

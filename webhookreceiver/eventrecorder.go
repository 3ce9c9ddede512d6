// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// errGone says that the API server has no such object, or another one of the same name.
var errGone = errors.New("the object is gone")

// eventRecorder writes the service's reports to the status of one kind of object.
type eventRecorder interface {
	// find returns the object, from the cache if possible. The error is errGone if the API server has none.
	find(ctx context.Context, target callbackurl.Target) (client.Object, error)
	// provider names the CallProvider whose service may report on the object. The error is errProviderMissing if
	// it cannot be determined.
	provider(ctx context.Context, object client.Object) (types.NamespacedName, error)
	// service is the service that the object's request was sent to, nil if unknown.
	service(object client.Object) *v1alpha1.AttemptService
	// write returns one result for each report once all are in the API server or known to be outdated.
	write(ctx context.Context, object client.Object, reports []report) ([]result, error)
}

// report is an event, where it came from, and when it arrived.
type report struct {
	event   telephony.Event
	source  string
	arrived time.Time
	// secret names the Secret with what the event has and a status must not; "" if there is none.
	secret string
}

// result is the result of a report.
type result string

const (
	resultRecorded    result = "recorded"
	resultOld         result = "old"
	resultGone        result = "gone"
	resultUnknownType result = "unknown_type"
)

func repeat(r result, n int) []result {
	results := make([]result, n)
	for i := range results {
		results[i] = r
	}
	return results
}

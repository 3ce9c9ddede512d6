// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Kind is one kind of operations on live calls. Everything that is not here or in its operation is the same for all kinds.
type Kind struct {
	// name is its name in the API, and callbacks the one in callback URLs.
	name, callbacks string
	finalizer       string
	// request is the service's name of its request, for metrics.
	request string
	words   words
	// newObject and newList return what the API server's answers are read into, and of what was read as operations.
	newObject func() client.Object
	newList   func() client.ObjectList
	of        func(client.Object) operation
}

// words are what people read about one kind of operation.
type words struct {
	// noun is what it is, such as "move"; it is also the beginning of the names of its spans.
	noun string
	// can and cannot are parts of sentences about a Call: "participants can be moved", "nobody can be moved from it or to it".
	can, cannot string
	// nothing says that it did nothing, and sharing what it and others exclude each other by.
	nothing, sharing string
	// turn is the reason while another one goes first.
	turn string
}

// operation is one object that asks for an operation on live calls.
type operation interface {
	// object is what the API server has of it.
	object() client.Object
	spec() any
	// status is the part of its status that all kinds have, and ended when it ended; nil before that.
	status() *v1alpha1.OperationStatus
	ended() *metav1.Time
	// timeout is how long it may take until it is sent, and timeToLive how long its record is kept.
	timeout() time.Duration
	timeToLive() *int32

	// references select the Calls that it is about; sent are those of a sent one, in the same order.
	references() []v1alpha1.CallReference
	sent() []*v1alpha1.MovedCall
	// impossible is why it can never be carried out on the Calls that its references lead to; nil is a reference that leads to none.
	impossible(calls []*v1alpha1.Call) blocker
	// claims are what it has for itself while it is in flight. Calls are the names of the Calls that it is about.
	claims(calls []string) []string

	// intent is the request that carries it out on these Calls; ID, pins and time are the engine's.
	intent(calls []v1alpha1.MovedCall) operationstatus.Intended
	// send sends the request that its status records.
	send(ctx context.Context, service telephony.Service, attempt telephony.Attempt) (telephony.Answer, error)

	// write records facts in its status; writeRetrying does it again on conflict.
	write(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error
	writeRetrying(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error
}

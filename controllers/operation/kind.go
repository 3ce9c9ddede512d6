// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/calloperation"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// Kind is one kind of operations on live calls. Everything that is not here or in its operation is the same for all kinds.
type Kind struct {
	// name is its name in the API, and callbacks the one in callback URLs.
	name, callbacks string
	finalizer       string
	words           words
	// inOneCall says that each operation is in one Call, and that it and a step of the Call's flow exclude each other.
	inOneCall bool
	// newObject and newList return what the API server's answers are read into, and of what was read as operations.
	newObject func() client.Object
	newList   func() client.ObjectList
	of        func(client.Object) operation
}

// Name is the kind's name in the API.
func (k Kind) Name() string { return k.name }

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
	// deadline is the field of the spec that limits the wait.
	deadline string
}

// traits are what differs between operations once they are sent.
type traits struct {
	// repeats says that the service carries out a repeated request once.
	repeats bool
	// inRoster says that a roster shows when it was carried out.
	inRoster bool
	// endsWithCall says that it is over when its Call is.
	endsWithCall bool
	// afterCall is how long after the end of its Call its last report may arrive.
	afterCall time.Duration
	// stops says that it lasts, until it is stopped when its object is deleted. Its service is asked for reports that may have been lost.
	stops bool
}

// operation is one object that asks for an operation on live calls.
type operation interface {
	// object is what the API server has of it.
	object() client.Object
	spec() any
	// status is the part of its status that all kinds have, and ended when it ended; nil before that.
	status() *v1alpha1.OperationStatus
	ended() *metav1.Time
	// timeout is how long it may take until it is sent, patience how long its result may take once the service has accepted it, and
	// timeToLive how long its record is kept.
	timeout() time.Duration
	patience() time.Duration
	timeToLive() *int32
	// request is the name of its request, for metrics.
	request() string
	// traits are what differs between operations once they are sent.
	traits() traits

	// references select the Calls that it is about; sent are those of a sent one, in the same order.
	references() []v1alpha1.CallReference
	sent() []*v1alpha1.OperatedCall
	// impossible is why it can never be carried out on the Calls that its references lead to; nil is a reference that leads to none.
	impossible(calls []*v1alpha1.Call) blocker
	// unready is why it cannot be sent yet to the service that was found, or never.
	unready(o *observation) blocker
	// called is who it calls, nil if it calls nobody.
	called() *v1alpha1.Identifier
	// claims say which others it excludes. Calls are the names of the Calls that it is about.
	claims(calls []string) calloperation.Claims

	// intent is the request that carries it out on these Calls; ID, pins and time are the engine's. Observed are the Calls as they are,
	// and recording what the operation is about, if it is about one.
	intent(calls []v1alpha1.OperatedCall, observed []resolvedCall, recording string) operationstatus.Intended
	// send sends the request that its status records. Observed are the Calls of a request that is sent for the first time.
	send(ctx context.Context, service telephony.Service, attempt telephony.Attempt, observed []resolvedCall) (telephony.Answer, error)
	// stop asks the service to stop it, and remind asks for a report that may have been lost.
	stop(ctx context.Context, service telephony.Service, attempt telephony.Attempt) error
	remind(ctx context.Context, service telephony.Reminder, attempt telephony.Attempt) error

	// write records facts in its status; writeRetrying does it again on conflict.
	write(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error
	writeRetrying(ctx context.Context, r *Reconciler, facts ...operationstatus.Fact) error
}

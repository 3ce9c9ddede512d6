// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
)

// History is what was recorded of one run.
type History struct {
	// Journal is the service's, whole.
	Journal []simulator.Entry `json:"journal"`
	// Revisions are all that watches saw.
	Revisions []Revision `json:"revisions"`
	// Answers are what the receivers answered.
	Answers []Answer `json:"answers,omitempty"`
	// Requests are what managers and receivers asked the API server for.
	Requests []Request `json:"requests,omitempty"`
	// Texts are where no secret may be.
	Texts []Text `json:"texts,omitempty"`
	// Secrets are what may be in no text. They are of a run that is over, and are not written to files.
	Secrets []Secret `json:"-"`
	// Faults are what was done to the run. They excuse nothing and are there to be read.
	Faults []Fault `json:"faults,omitempty"`
	// Managers is how many managers worked at once, each with the slots of all that it has seen written; 0 is one, as a
	// Lease has it.
	Managers int `json:"managers,omitempty"`
	// Rest is the time in which nothing had to be done any more; nil when the run was not brought to rest.
	Rest *Span `json:"rest,omitempty"`
}

// Revision is an object as the API server had it. One of the pointers is set.
type Revision struct {
	// Version is the resource version: the order of all revisions of all kinds.
	Version uint64 `json:"version"`
	// Seen is when a watch delivered it.
	Seen time.Time `json:"seen"`
	// Gone says that this is the object at its removal.
	Gone bool `json:"gone,omitempty"`

	Call     *v1alpha1.Call                `json:"call,omitempty"`
	Move     *v1alpha1.ParticipantMove     `json:"move,omitempty"`
	Action   *v1alpha1.CallAction          `json:"action,omitempty"`
	Route    *v1alpha1.CallRoute           `json:"route,omitempty"`
	Provider *v1alpha1.CallProvider        `json:"provider,omitempty"`
	Secret   *metav1.PartialObjectMetadata `json:"secret,omitempty"`
}

// object is the metadata of what the revision is of, and its kind.
func (r *Revision) object() (kind string, object metav1.Object) {
	switch {
	case r.Call != nil:
		return "Call", r.Call
	case r.Move != nil:
		return "ParticipantMove", r.Move
	case r.Action != nil:
		return "CallAction", r.Action
	case r.Route != nil:
		return "CallRoute", r.Route
	case r.Provider != nil:
		return "CallProvider", r.Provider
	default:
		return "Secret", r.Secret
	}
}

// Answer is what a receiver answered to a request.
type Answer struct {
	Time   time.Time `json:"time"`
	Status int       `json:"status"`
	// UID is the object that the URL names; empty for Event Grid.
	UID types.UID `json:"uid,omitempty"`
	// Events are the events in the body.
	Events []Event `json:"events,omitempty"`
	// Forged says why the request must not be trusted; empty for the service's own.
	Forged string `json:"forged,omitempty"`
	// GenuineURL says that a forged request has the URL's token, and lacks the service's own alone.
	GenuineURL bool `json:"genuineURL,omitempty"`
	// Current is the newest resource version of the API server, read after the answer had come. What the answer
	// promises is in the revisions up to it.
	Current uint64 `json:"current"`
}

// Event is what the service said.
type Event struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// ConnectionID and CorrelationID name the call.
	ConnectionID  string `json:"connectionId,omitempty"`
	CorrelationID string `json:"correlationId,omitempty"`
	// Sequence is a roster's number.
	Sequence int64 `json:"sequence,omitempty"`
	// Participant is the raw ID of whom a move is about.
	Participant string `json:"participant,omitempty"`
	// OperationContext is the attempt that an operation's event is about.
	OperationContext string `json:"operationContext,omitempty"`
}

// Request is a request to the API server.
type Request struct {
	Time time.Time `json:"time"`
	// Process is the sender, such as manager-1; Role is the command, such as manager.
	Process string `json:"process"`
	Role    string `json:"role"`
	// Name is the method and the resource, such as PUT calls/status.
	Name   string `json:"name"`
	Status int    `json:"status"`
}

// Text is something that people and machines read: logs, metrics, Kubernetes Events.
type Text struct {
	Where string `json:"where"`
	Text  string `json:"text"`
	// Masked says that phone numbers may not be in it as they are.
	Masked bool `json:"masked,omitempty"`
}

// Secret is a value that must not appear anywhere.
type Secret struct{ What, Value string }

// Fault is something that was done to the run.
type Fault struct {
	Time time.Time `json:"time"`
	What string    `json:"what"`
}

// Span is a time from one moment to another.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (s Span) contains(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

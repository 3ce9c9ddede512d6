// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"context"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/secret"
)

// Service is a telephony service as one CallProvider reaches it. Its errors are of type [*Error]. A request that must be carried
// out once takes an [Attempt] and is not retried once it may have had its effect: the operator decides about repetitions.
type Service interface {
	// Dial places a call.
	Dial(ctx context.Context, request DialRequest, attempt Attempt) (Answer, error)
	// AnswerIncoming, Redirect and Reject say what becomes of a call that rings here. They take its [IncomingCall.Handle].
	AnswerIncoming(ctx context.Context, incoming secret.Text, attempt Attempt) (Answer, error)
	Redirect(ctx context.Context, incoming secret.Text, to *v1alpha1.Identifier, attempt Attempt) (Answer, error)
	Reject(ctx context.Context, incoming secret.Text, reason v1alpha1.RejectReason, attempt Attempt) (Answer, error)
	// Move moves participants from one call into another.
	Move(ctx context.Context, request MoveRequest, attempt Attempt) (Answer, error)
	// Operate carries out an operation in a call. One that the service cannot carry out is refused with ClassUnsupported.
	Operate(ctx context.Context, request OperateRequest, attempt Attempt) (Answer, error)
	// Stop stops an operation: what it plays or listens for, or whom it rings. Stopping it twice is stopping it once.
	Stop(ctx context.Context, request OperateRequest, attempt Attempt) error
	// HangUp ends a call for everybody. Ending it twice is ending it once.
	HangUp(ctx context.Context, connection string) error
	// State is what the service knows of a call; an error of ClassGone says that it knows none.
	State(ctx context.Context, connection string) (State, error)
	// Pins are what only this service puts into a request, and what a repetition has to repeat.
	Pins() v1alpha1.AttemptRequest
	// Roster is who is in a call.
	Roster(ctx context.Context, connection string) ([]Participant, error)
}

// Reminder is a Service that can be asked for a report that may have been lost.
type Reminder interface {
	// Remind has the service report again what has become of an operation that is over.
	Remind(ctx context.Context, request OperateRequest, attempt Attempt) error
}

// Checker is a Service that can say whether it would take calls now.
type Checker interface {
	// Check returns an [*UnusableError] if a person has to fix something, and any other error if the service did not answer.
	Check(ctx context.Context) error
}

// RecordingReader is a Service that gives out the contents of recordings.
type RecordingReader interface {
	// ReadRecording reads what a RecordingFile's contentLocation names. The caller closes it. An error of ClassGone says that the service
	// does not have it, or no longer.
	ReadRecording(ctx context.Context, contentLocation string) (io.ReadCloser, error)
}

// Lister is a Service that lists the calls that were placed or answered for a CallProvider.
type Lister interface {
	LiveCalls(ctx context.Context) ([]LiveCall, error)
}

// LiveCall is a call that a service has.
type LiveCall struct {
	Connection string
	// Target is the object that it was placed or answered for, and Provider the UID of its CallProvider.
	Target   callbackurl.Target
	Provider types.UID
	// Since is when it began.
	Since time.Time
}

// Attempt is the record of a request that is carried out once, and where its events go.
type Attempt struct {
	// Record is what was written before the request was sent: ID, time, and what a repetition has to repeat.
	Record *v1alpha1.RequestAttempt
	// CallbackURL is where the service reports the call's events, and Target the same for a service that reports them on a stream: the
	// object that they are about.
	CallbackURL string
	Target      callbackurl.Target
	// NotAfter is when the request must not be sent any more; zero is never.
	NotAfter time.Time
	// Commit records that the request is about to pass the point of no return. A service that does not recognise a repetition calls it
	// right before, and never passes that point if the record says that an earlier request may have. If it fails, the request stops.
	Commit func(ctx context.Context) error
}

// Committed tells whether the request, or an earlier one of the attempt, may have passed the point of no return.
func (a Attempt) Committed() bool { return a.Record.CommittedTime != nil }

// Answer is what a service answers to a request that it has carried out.
type Answer struct {
	// Call are the IDs of a call that was placed or answered.
	Call CallIDs
	// Repeatability is whether the service would recognise a repetition.
	Repeatability v1alpha1.RequestRepeatability
	// Done says that the request has taken full effect, and that no event will say so.
	Done bool
	// Handle is the service's ID of what the request has begun, and that a later request names: an invitation, or a recording.
	Handle string
}

// DialRequest is a call to be placed.
type DialRequest struct {
	From    *v1alpha1.Caller
	To      *v1alpha1.Identifier
	Headers *v1alpha1.OutboundHeaders
}

// MoveRequest names the participants to move by raw ID, and the connections of both calls.
type MoveRequest struct {
	From, To     string
	Participants []string
}

// OperateRequest is an operation in a call.
type OperateRequest struct {
	Connection string
	Operation  *v1alpha1.CallOperation
	// Participant is the raw ID of who it is about, "" if it is about nobody in particular.
	Participant string
	// From is the caller as somebody who is called into the call sees it.
	From *v1alpha1.Caller
	// Handle is what Answer.Handle said: of the invitation to stop, or of the recording to pause, resume or stop.
	Handle string
	// Placed is what the call was placed or answered with; nil if that is not known any more.
	Placed *v1alpha1.AttemptRequest
}

// State is a call as the service knows it.
type State struct {
	Call  CallIDs
	Phase Phase
}

// Phase is how far a call has come.
type Phase string

// The phases of a call.
const (
	// PhaseRinging says that nobody has answered yet.
	PhaseRinging Phase = "Ringing"
	// PhaseConnected says that the call was answered.
	PhaseConnected Phase = "Connected"
	// PhaseOver says that the call has ended.
	PhaseOver Phase = "Over"
)

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephony

import (
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/secret"
)

// CallIDs are the names that a service gives to one call. An empty one is not known.
type CallIDs struct {
	// Connection names the operator's part in the call: requests about the call use it.
	Connection string
	// ServerCall names the call as the service hosts it. Everybody in the call has the same.
	ServerCall string
	// Correlation is the same in everything that the service reports of one leg.
	Correlation string
}

// Event is something that a service reported of a call, or of an operation on one.
type Event struct {
	// ID is the service's. An event that is delivered twice has one ID.
	ID string
	// Type is the service's name of the event, without what all of them have in common, such as CallConnected.
	Type string
	// Time is when it happened, zero if the service did not say.
	Time time.Time
	// Call is the call that the event is about.
	Call CallIDs
	// News is what happened; nil if it changes nothing that the operator keeps.
	News News
}

// News is one of the types of this package that say what happened: [Connected], [Roster], [Disconnected], [NotConnected],
// [RingOver], [ParticipantMoved] and [OperationReported].
type News interface{ news() }

// Connected says that the call was answered.
type Connected struct{}

// Roster is who is in the call.
type Roster struct {
	// Sequence orders the rosters of one call: a larger one is newer.
	Sequence int64
	// Participants is nil if the service named none, which does not mean that the call is empty.
	Participants []Participant
}

// Participant is somebody in a call.
type Participant struct {
	// ID is the participant's raw ID.
	ID            string
	Muted, OnHold bool
}

// Disconnected says that the call is over. Whether somebody had answered may still be reported.
type Disconnected struct{ Reason }

// NotConnected says that the call is over, and that it was never connected.
type NotConnected struct{ Reason }

// RingOver says that an incoming call no longer rings, and that it was never answered. It may follow from a request to reject or
// redirect the call.
type RingOver struct{ Reason }

// ParticipantMoved says what became of one participant of a move.
type ParticipantMoved struct {
	// Attempt is the ID of the attempt that asked for it, "" if the service does not repeat it.
	Attempt string
	// Failed says that the participant was not moved.
	Failed bool
	// From is the connection of the call that the participant was moved from; the service may leave it out.
	From string
	// Participant is the raw ID.
	Participant string
	Reason
}

// OperationReported says what became of an operation in a call.
type OperationReported struct {
	// Attempt is the ID of the attempt that asked for it, "" if the service does not repeat it.
	Attempt string
	// Outcome is how it ended, "" if it has only begun.
	Outcome v1alpha1.ActionOutcome
	// Answer is what was pressed or said; nil if it asked for nothing.
	Answer *InputAnswer
	// Handle is what [Answer.Handle] says.
	Handle string
	// Files are the contents of a recording.
	Files []v1alpha1.RecordingFile
	Reason
}

// InputAnswer is what was pressed or said.
type InputAnswer struct {
	// Tones are the keys, as on a phone. Label is that of the choice that was pressed or said. Speech is what was said.
	Tones, Label, Speech string
	// Confidence is how sure the service is that this was said, from 0 to 1; 0 if it does not say.
	Confidence float64
}

func (Connected) news()         {}
func (Roster) news()            {}
func (Disconnected) news()      {}
func (NotConnected) news()      {}
func (RingOver) news()          {}
func (ParticipantMoved) news()  {}
func (OperationReported) news() {}

// Reason is why something ended, as the service reported it.
type Reason struct {
	Cause Cause
	// Code and SubCode are the service's own; both are 0 if it gave none.
	Code, SubCode int
	// Sentence explains the codes in plain words.
	Sentence string
}

// Cause is why something ended, whether or not it had begun.
type Cause string

// The causes.
const (
	// CauseEnded says that somebody ended it in the ordinary way.
	CauseEnded Cause = "Ended"
	// CauseLeft says that everybody else has left.
	CauseLeft Cause = "Left"
	// CauseDeclined says that the callee, or the callee's network, declined.
	CauseDeclined Cause = "Declined"
	// CauseBusy says that the callee is busy.
	CauseBusy Cause = "Busy"
	// CauseUnreached says that the callee did not answer, or could not be reached.
	CauseUnreached Cause = "Unreached"
	// CauseCancelled says that somebody withdrew the call.
	CauseCancelled Cause = "Cancelled"
	// CauseElsewhere says that another endpoint took the call.
	CauseElsewhere Cause = "Elsewhere"
	// CauseForbidden says that the provider or the caller may not do that.
	CauseForbidden Cause = "Forbidden"
	// CauseNobody says that the number or user does not exist.
	CauseNobody Cause = "Nobody"
	// CauseInvalid says that the request, or the number in it, is malformed.
	CauseInvalid Cause = "Invalid"
	// CauseFailed says that something failed.
	CauseFailed Cause = "Failed"
)

// IncomingCall is a call that rings at one of the provider's numbers or users.
type IncomingCall struct {
	// ID is the event's. A call that is reported twice has one ID.
	ID string
	// Time is when it began to ring, zero if the service did not say.
	Time time.Time
	// From is nil if the caller withholds the number; OnBehalfOf is the party that was called first, if another one.
	From, To, OnBehalfOf *v1alpha1.Identifier
	CallerDisplayName    string
	// SIPHeaders and VoIPHeaders came with the call.
	SIPHeaders, VoIPHeaders map[string]string
	Call                    CallIDs
	// Handle is what the service needs to answer, redirect or reject the call.
	Handle secret.Text
}

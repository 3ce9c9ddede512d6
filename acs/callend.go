// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

// CallEnd is what is known of a call that is over. Nothing else decides how it ended: neither which event reported it,
// nor the order of the events.
type CallEnd struct {
	// Connected says that the call was connected: CallConnected arrived, a roster had two parties, or a poll said so.
	Connected bool
	// HungUp says that this side ended the call, or was about to.
	HungUp HungUp
	// Incoming says that the call was placed by the other side.
	Incoming bool
	// Code and SubCode are the service's; both are 0 where it said nothing.
	Code, SubCode int
}

// HungUp says why this side ended a call.
type HungUp string

// The reasons to end a call.
const (
	// HungUpNo says that this side did not end the call.
	HungUpNo HungUp = ""
	// HungUpUnanswered says that this side ended the call because nobody answered in time.
	HungUpUnanswered HungUp = "unanswered"
	// HungUpWanted says that this side ended the call because a user wanted that.
	HungUpWanted HungUp = "wanted"
)

// CallOutcome is how a call ended, in one word.
type CallOutcome string

// The outcomes of a call.
const (
	CallCompleted CallOutcome = "completed"
	CallNoAnswer  CallOutcome = "noAnswer"
	CallBusy      CallOutcome = "busy"
	CallDeclined  CallOutcome = "declined"
	CallCancelled CallOutcome = "cancelled"
	CallMissed    CallOutcome = "missed"
	CallFailed    CallOutcome = "failed"
)

// CallConclusion is how a call ended, for programs and for people.
type CallConclusion struct {
	Outcome CallOutcome
	// Sentence says how the call ended.
	Sentence string
	// ByHangUp says that the hang-up decided, not the codes.
	ByHangUp bool
}

// Conclude determines how a call ended. The rules:
//
//   - A call that nobody answered is never completed, even if its codes say success.
//   - A call is cancelled only if this side ended it before anybody answered. The service calls other calls cancelled
//     too.
//   - A decline by the callee counts even while the call is being hung up.
//   - A connected call was not declined, and its callee was not busy: such codes say how it ended.
func (e CallEnd) Conclude() CallConclusion {
	means := meaningOf(e.Code, e.SubCode)
	switch {
	case e.Connected:
		return e.concludeConnected(means)
	case e.HungUp != HungUpNo && (e.Incoming || means.cause != CauseBusy && means.cause != CauseDeclined):
		return e.concludeHungUp()
	case e.Incoming:
		return e.concludeIncoming(means)
	default:
		return e.concludeUnanswered(means)
	}
}

// Undecided tells whether the codes of CallDisconnected leave open if anybody had answered: they say success, and the
// event about an answer may still arrive.
func (e CallEnd) Undecided() bool {
	switch CauseOf(e.Code, e.SubCode) {
	case CauseEnded, CauseLeft:
		return !e.Connected && e.HungUp == HungUpNo
	default:
		return false
	}
}

func (e CallEnd) concludeConnected(means meaning) CallConclusion {
	switch means.cause {
	case CauseEnded, CauseLeft:
		return CallConclusion{Outcome: CallCompleted, Sentence: means.says}
	case CauseDeclined, CauseBusy, CauseCancelled, CauseElsewhere:
		return CallConclusion{Outcome: CallCompleted, Sentence: "The call was connected, and the other side ended it."}
	}
	if e.HungUp != HungUpNo {
		return CallConclusion{Outcome: CallCompleted, Sentence: "The call was connected, and was hung up."}
	}
	if means.cause == CauseUnreached {
		return CallConclusion{Outcome: CallFailed, Sentence: "The call was connected and broke off: the other side could no longer be reached."}
	}
	return CallConclusion{Outcome: CallFailed, Sentence: "The call was connected and broke off. " + means.says}
}

func (e CallEnd) concludeHungUp() CallConclusion {
	if e.HungUp == HungUpUnanswered {
		return CallConclusion{Outcome: CallNoAnswer, Sentence: "Nobody answered in time, and the call was hung up.", ByHangUp: true}
	}
	return CallConclusion{Outcome: CallCancelled, Sentence: "The call was ended before anybody answered.", ByHangUp: true}
}

func (e CallEnd) concludeIncoming(means meaning) CallConclusion {
	switch means.cause {
	case CauseElsewhere:
		return CallConclusion{Outcome: CallMissed, Sentence: means.says}
	case CauseEnded, CauseLeft, CauseCancelled, CauseUnreached:
		if e.Code == 0 && e.SubCode == 0 {
			break
		}
		return CallConclusion{Outcome: CallMissed, Sentence: "The caller was gone before the call was connected."}
	default:
		return CallConclusion{Outcome: CallFailed, Sentence: means.says}
	}
	return CallConclusion{Outcome: CallFailed, Sentence: "The call could not be connected. The service did not say why."}
}

func (e CallEnd) concludeUnanswered(means meaning) CallConclusion {
	switch means.cause {
	case CauseEnded:
		return CallConclusion{Outcome: CallNoAnswer, Sentence: "The call ended, and nobody had answered."}
	case CauseLeft:
		return CallConclusion{Outcome: CallDeclined, Sentence: "The callee declined: the call ended since everybody else had left, and nobody had answered."}
	case CauseCancelled:
		return CallConclusion{Outcome: CallNoAnswer, Sentence: "The call was cancelled before anybody answered, and not from here."}
	case CauseUnreached:
		return CallConclusion{Outcome: CallNoAnswer, Sentence: means.says}
	case CauseBusy:
		return CallConclusion{Outcome: CallBusy, Sentence: means.says}
	case CauseDeclined:
		return CallConclusion{Outcome: CallDeclined, Sentence: means.says}
	default:
		return CallConclusion{Outcome: CallFailed, Sentence: means.says}
	}
}

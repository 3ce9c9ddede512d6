// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

// Results of calls that were connected, by who is told. docs/acs-fidelity.md says where they were recorded.
var (
	// endedByApp is what the app is told that ended the call.
	endedByApp = result{200, 7000, "The conversation has ended. DiagCode: 0#7000.@"}
	// endedByOther is what the app of another leg is told.
	endedByOther = result{200, 5001, "The conversation has ended. DiagCode: 0#5001.@"}
	// endedByCaller and endedByCallee are what an app is told whose leg is a telephone call, from or to another leg.
	endedByCaller = result{200, 540000, "The conversation has ended. DiagCode: 0#540000.@"}
	endedByCallee = result{0, 560000, "The conversation has ended. DiagCode: 0#560000.@"}
	// removedByOther is what an app is told that another one removed, leftAlone what the last one is told.
	removedByOther = result{200, 5300, "The conversation has ended. DiagCode: 0#5300.@"}
	leftAlone      = result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}
	// canceled is what an app is told of an operation that it cancelled, with an event of its own.
	canceled = result{400, 8508, "The operation was cancelled."}
)

// endBy ends a conversation for everybody, as the app of a leg said. That a callee's end has the code of a person who
// hangs up is assumed; the others were recorded.
func (w *world) endBy(ending *leg) {
	w.endEach(ending.conversation, func(l *leg) result {
		switch {
		case l == ending:
			return endedByApp
		case l.answeredFor != "":
			return endedByCaller
		case len(l.targets) == 1 && l.targets[0].PhoneNumber != nil:
			return endedByCallee
		default:
			return endedByOther
		}
	})
}

// end ends a conversation for everybody.
func (w *world) end(c *conversation, over result) {
	w.endEach(c, func(*leg) result { return over })
}

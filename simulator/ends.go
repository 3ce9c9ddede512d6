// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

// Results of connected calls, by recipient. docs/acs-fidelity.md says where they were recorded.
var (
	// endedByApp goes to the app that ended the call.
	endedByApp = result{200, 7000, "The conversation has ended. DiagCode: 0#7000.@"}
	// endedByOther goes to the app of another leg.
	endedByOther = result{200, 5001, "The conversation has ended. DiagCode: 0#5001.@"}
	// endedByCaller and endedByCallee go to an app whose leg is a telephone call, from or to another leg.
	endedByCaller = result{200, 540000, "The conversation has ended. DiagCode: 0#540000.@"}
	endedByCallee = result{0, 560000, "The conversation has ended. DiagCode: 0#560000.@"}
	// removedByOther goes to an app that another one removed, leftAlone to the last one.
	removedByOther = result{200, 5300, "The conversation has ended. DiagCode: 0#5300.@"}
	leftAlone      = result{200, 5002, "The conversation has ended. DiagCode: 0#5002.@"}
	// canceled goes to an app for an operation that it cancelled, in a separate event.
	canceled = result{400, 8508, "The operation was cancelled."}
)

// endBy ends a conversation for everybody, as the app of a leg requested. It is assumed that a callee's end has the
// code of a person who hangs up; the other codes were recorded.
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

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"testing"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// TestEachLegHasItsOwnEnd is how the two legs of a call between two apps end, by who ends it and how. Where it was
// recorded is in docs/acs-fidelity.md.
func TestEachLegHasItsOwnEnd(t *testing.T) {
	t.Parallel()
	terminate := func(f *fixture, leg string) { f.ok(f.client.Terminate(f.Context(), leg, repeat())) }
	for _, tc := range []struct {
		name, reason string
		callee       acs.Identifier
		end          func(f *fixture, caller, answerer string)
		// caller and answerer are the results of their ends.
		caller, answerer string
	}{{
		name: "the caller ends a call to a user", reason: "recorded of java AnswerThenHangup, 2025-06", callee: acs.CommunicationUserIdentifier(user),
		end:    func(f *fixture, caller, _ string) { terminate(f, caller) },
		caller: "200/7000", answerer: "200/5001",
	}, {
		name: "the answerer ends a call to a user", reason: "recorded of js custom_context, 2025-03", callee: acs.CommunicationUserIdentifier(user),
		end:    func(f *fixture, _, answerer string) { terminate(f, answerer) },
		caller: "200/5001", answerer: "200/7000",
	}, {
		name: "the caller ends a telephone call", reason: "recorded of js Trigger_DTMF, 2025-03", callee: number(inbound),
		end:    func(f *fixture, caller, _ string) { terminate(f, caller) },
		caller: "200/7000", answerer: "200/540000",
	}, {
		name: "the answerer ends a telephone call", reason: "assumed: as a person who hangs up", callee: number(inbound),
		end:    func(f *fixture, _, answerer string) { terminate(f, answerer) },
		caller: "0/560000", answerer: "200/7000",
	}, {
		name: "the caller removes the user", reason: "recorded of js Remove_a_participant, 2025-03", callee: acs.CommunicationUserIdentifier(user),
		end: func(f *fixture, caller, _ string) {
			remove := acs.RemoveParticipantRequest{ParticipantToRemove: acs.CommunicationUserIdentifier(user)}
			got(f.client.RemoveParticipant(f.Context(), caller, remove, repeat()))(f)
		},
		caller: "200/5002", answerer: "200/5300",
	}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := serve(t, resource(simulator.GridSchemaEventGrid))
			f.agreed(1)
			caller := f.create("caller", tc.callee).CallConnectionID
			answerer := f.answer(f.incoming(1, tc.callee.ID()), "answerer").CallConnectionID
			f.event("CallConnected", caller)
			f.event("CallConnected", answerer)
			tc.end(f, caller, answerer)
			for leg, want := range map[string]string{caller: tc.caller, answerer: tc.answerer} {
				if got := outcome(f.event("CallDisconnected", leg)); got != want {
					t.Errorf("%s: CallDisconnected has %s, want %s", tc.reason, got, want)
				}
			}
		})
	}
}

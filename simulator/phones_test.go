// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

func TestPhonesFollowTheirScripts(t *testing.T) {
	failed := []string{"CreateCallFailed", "CallDisconnected"}
	declined := []string{"CallDisconnected", "CreateCallFailed"}
	stood := []string{"CallConnected", "ParticipantsUpdated", "CallDisconnected"}
	for _, tc := range []struct {
		name, reason string
		phone        simulator.Phone
		callee       acs.Identifier
		kinds        []string
		result       string
		rings        int
		after        time.Duration
	}{
		{
			name: "answers and hangs up", reason: "a call stands from the answer until the phone hangs up",
			phone:  simulator.Phone{Number: person, Answer: after(2 * time.Second), HangUp: after(3 * time.Second)},
			callee: number(person), kinds: stood, result: "0/560000", rings: 1, after: 5 * time.Second,
		},
		{
			name: "user hangs up", reason: "an ACS user's hanging up has codes of its own",
			phone:  simulator.Phone{User: user, Answer: after(0), HangUp: after(time.Second)},
			callee: acs.CommunicationUserIdentifier(user), kinds: stood, result: "200/5002", rings: 1, after: time.Second,
		},
		{
			name: "busy", reason: "a busy telephone fails the call with the network's sub-code",
			phone:  simulator.Phone{Number: person, Busy: after(0)},
			callee: number(person), kinds: failed, result: "486/560486", rings: 1,
		},
		{
			name: "declines", reason: "a telephone that declines does so after its time",
			phone:  simulator.Phone{Number: person, Decline: after(4 * time.Second)},
			callee: number(person), kinds: failed, result: "603/560603", rings: 1, after: 4 * time.Second,
		},
		{
			name: "user declines", reason: "an ACS user's declining was recorded with a success code, and in this order",
			phone:  simulator.Phone{User: user, Decline: after(0)},
			callee: acs.CommunicationUserIdentifier(user), kinds: declined, result: "200/5002", rings: 1,
		},
		{
			name: "does not answer", reason: "the caller gives up after the ring time-out",
			phone:  simulator.Phone{Number: person, NoAnswer: &struct{}{}},
			callee: number(person), kinds: failed, result: "487/10004", rings: 1, after: simulator.DefaultRingTimeout,
		},
		{
			name: "answers too late", reason: "a caller who has given up cannot be answered",
			phone:  simulator.Phone{Number: person, Answer: after(simulator.DefaultRingTimeout + time.Second)},
			callee: number(person), kinds: failed, result: "487/10004", rings: 1, after: simulator.DefaultRingTimeout,
		},
		{
			name: "cannot be reached", reason: "the events have the network's codes, and nothing rings",
			phone:  simulator.Phone{Number: person, Unreachable: &simulator.Codes{Code: 404, SubCode: 560404}},
			callee: number(person), kinds: failed, result: "404/560404",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, simulator.Options{Phones: []simulator.Phone{tc.phone}}, func(f *fixture) {
				began := time.Now()
				call := f.create("intent", tc.callee)
				if got := f.kinds(call.CallConnectionID); !cmp.Equal(got, tc.kinds) {
					t.Errorf("%s:\n%s", tc.reason, cmp.Diff(tc.kinds, got))
				}
				ended := f.event("CallDisconnected", call.CallConnectionID)
				if got := outcome(ended); got != tc.result {
					t.Errorf("%s: CallDisconnected has %s, want %s", tc.reason, got, tc.result)
				}
				if got := time.Since(began); got != tc.after {
					t.Errorf("%s: it took %s, want %s", tc.reason, got, tc.after)
				}
				if got := f.sim.Rings(tc.callee.ID()); got != tc.rings {
					t.Errorf("%s: %d rings, want %d", tc.reason, got, tc.rings)
				}
			})
		})
	}
}

func TestUnknownNumbersAnswerAfterAMoment(t *testing.T) {
	bubble(t, simulator.Options{}, func(f *fixture) {
		began := time.Now()
		call := f.connected("intent", number(person))
		if got := time.Since(began); got <= 0 || got > time.Second {
			t.Errorf("a phone that nobody described answers after a moment, not after %s", got)
		}
		if got := f.participants(call.CallConnectionID); !cmp.Equal(got, []string{"4:" + person}) {
			t.Errorf("participants are %v", got)
		}
	})
}

func TestDefaultPhone(t *testing.T) {
	bubble(t, simulator.Options{DefaultPhone: &simulator.Phone{Busy: after(0)}}, func(f *fixture) {
		call := f.create("intent", number(person))
		if got := outcome(f.event("CreateCallFailed", call.CallConnectionID)); got != "486/560486" {
			t.Errorf("phones that nobody described do as the default phone, which is busy: got %s", got)
		}
	})
}

func TestGroupCallConnectsWithWhoAnswersFirst(t *testing.T) {
	phones := []simulator.Phone{
		{Number: person, Busy: after(0)}, {Number: other, Answer: after(time.Second)}, {Number: outbound, Answer: after(2 * time.Second)},
	}
	bubble(t, simulator.Options{Phones: phones}, func(f *fixture) {
		call := f.create("group", number(person), number(other), number(outbound))
		f.roster(call.CallConnectionID, 3)
		if diff := cmp.Diff([]string{"4:" + outbound, "4:" + other}, f.participants(call.CallConnectionID)); diff != "" {
			t.Errorf("all who answer are in the call, who is busy is not:\n%s", diff)
		}
	})
	bubble(t, simulator.Options{DefaultPhone: &simulator.Phone{Busy: after(0)}}, func(f *fixture) {
		call := f.create("group", number(person), number(other))
		if diff := cmp.Diff([]string{"CreateCallFailed", "CallDisconnected"}, f.kinds(call.CallConnectionID)); diff != "" {
			t.Errorf("a group call fails once, when the last one has not answered:\n%s", diff)
		}
	})
}

func TestLimitOfConcurrentCallsForEachNumber(t *testing.T) {
	bubble(t, simulator.Options{MaxConcurrentCallsPerNumber: 2}, func(f *fixture) {
		first := f.connected("first", number(person))
		f.connected("second", number(other))
		for _, intent := range []string{"third", "fourth"} {
			refused := f.create(intent, number(outbound))
			if got := outcome(f.event("CreateCallFailed", refused.CallConnectionID)); got != "603/560603" {
				t.Errorf("%s call at once: got %s, want 603/560603", intent, got)
			}
		}
		if got := f.sim.Rings("4:" + outbound); got != 0 {
			t.Errorf("a call over the limit rang %d times", got)
		}
		toUser := f.request("to a user", acs.CommunicationUserIdentifier(user))
		byUser := got(f.client.CreateCall(f.Context(), toUser, repeat()))(f)
		f.roster(byUser.CallConnectionID, 2)
		f.ok(f.client.HangUp(f.Context(), first.CallConnectionID))
		f.event("CallDisconnected", first.CallConnectionID)
		f.connected("after one has ended", number(outbound))
	})
}

func TestTonesThatAPhonePresses(t *testing.T) {
	phone := simulator.Phone{Number: person, Answer: after(0), Press: []acs.Tone{acs.ToneOne, acs.TonePound}}
	bubble(t, simulator.Options{Phones: []simulator.Phone{phone}}, func(f *fixture) {
		id := f.connected("tones", number(person)).CallConnectionID
		most := int32(1)
		f.ok(f.client.Recognize(f.Context(), id, acs.RecognizeRequest{
			RecognizeInputType: "dtmf",
			RecognizeOptions:   acs.RecognizeOptions{TargetParticipant: number(person), DTMFOptions: &acs.DTMFOptions{MaxTonesToCollect: &most}},
		}))
		completed, _ := f.event("RecognizeCompleted", id).Data.(*acs.RecognizeCompleted)
		if diff := cmp.Diff(&acs.DTMFResult{Tones: []acs.Tone{acs.ToneOne}}, completed.DTMFResult); diff != "" {
			t.Errorf("no more tones are collected than asked for:\n%s", diff)
		}
		f.ok(f.client.StartContinuousDTMFRecognition(f.Context(), id, acs.TargetRequest{TargetParticipant: number(person)}))
		for i, want := range phone.Press {
			tone, _ := f.nth(i+1, "ContinuousDtmfRecognitionToneReceived", id).Data.(*acs.ContinuousDtmfRecognitionToneReceived)
			if tone.Tone != want || tone.SequenceID != i+1 {
				t.Errorf("tone %d is %s with sequence ID %d, want %s", i+1, tone.Tone, tone.SequenceID, want)
			}
		}
	})
}

func TestSilenceIsNotRecognised(t *testing.T) {
	bubble(t, simulator.Options{}, func(f *fixture) {
		id := f.connected("silence", number(person)).CallConnectionID
		began, silence := time.Now(), int32(7)
		f.ok(f.client.Recognize(f.Context(), id, acs.RecognizeRequest{
			RecognizeInputType: "dtmf",
			RecognizeOptions:   acs.RecognizeOptions{TargetParticipant: number(person), InitialSilenceTimeoutInSeconds: &silence},
		}))
		if got := outcome(f.event("RecognizeFailed", id)); got != "400/8510" || time.Since(began) != 7*time.Second {
			t.Errorf("a phone that presses nothing fails it with 400/8510 after the silence: got %s after %s", got, time.Since(began))
		}
	})
}

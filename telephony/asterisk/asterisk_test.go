// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/ari"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
)

// realService is a real Asterisk. Behind its endpoint trunk, the last digits of a number say what its phone does: 200 answers, 180 rings
// for ever.
func realService(t *testing.T) (telephony.Service, *ari.Client) {
	t.Helper()
	p := pbx.New(t, pbx.Options{})
	provider := &v1alpha1.CallProvider{Spec: v1alpha1.CallProviderSpec{Asterisk: &v1alpha1.AsteriskProvider{
		URL: p.URL(), Application: "adapter-test", Endpoint: "PJSIP/$(number)@trunk",
	}}}
	credentials := map[string][]byte{"username": []byte(pbx.Username), "password": []byte(p.Password())}
	observer := telephony.Observer{Begin: func(context.Context, string) func(int) { return func(int) {} }, Answered: func(telephony.Answered) {}}
	made, _, err := (&Adapter{}).Connect(provider, credentials, observer)
	if err != nil {
		t.Fatal(err)
	}
	client := made.(*service).client
	stream, err := client.Connect(t.Context(), "adapter-test")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			if _, err := stream.Next(t.Context()); err != nil {
				return
			}
		}
	}()
	return made, client
}

func attemptOf(commits *int) telephony.Attempt {
	record := &v1alpha1.RequestAttempt{ID: uuid.NewString(), FirstSent: metav1.Now()}
	return telephony.Attempt{
		Record: record, Target: callbackurl.Target{Kind: "calls", Namespace: "n", Name: "c", UID: "u"},
		Commit: func(context.Context) error {
			*commits++
			now := metav1.Now()
			record.CommittedTime = &now
			return nil
		},
	}
}

func to(digits string) telephony.DialRequest {
	return telephony.DialRequest{
		From: &v1alpha1.Caller{PhoneNumber: "+14255550100"}, To: &v1alpha1.Identifier{PhoneNumber: v1alpha1.PhoneNumber("+14255550" + digits)},
	}
}

func until(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, 20*time.Second, true, func(ctx context.Context) (bool, error) { return is(ctx), nil })
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func phaseIs(s telephony.Service, connection string, want telephony.Phase) func(context.Context) bool {
	return func(ctx context.Context) bool {
		state, err := s.State(ctx, connection)
		return err == nil && state.Phase == want || want == telephony.PhaseOver && telephony.Is(err, telephony.ClassGone)
	}
}

func TestDialOnAsterisk(t *testing.T) {
	t.Parallel()
	s, _ := realService(t)
	commits := 0
	attempt := attemptOf(&commits)
	answer, err := s.Dial(t.Context(), to("200"), attempt)
	if err != nil || commits != 1 || answer.Call.Connection != attempt.Record.ID {
		t.Fatalf("%+v, %v, %d commits", answer, err, commits)
	}
	connection := answer.Call.Connection
	until(t, "it is answered", phaseIs(s, connection, telephony.PhaseConnected))
	roster, err := s.Roster(t.Context(), connection)
	if diff := cmp.Diff([]telephony.Participant{{ID: "4:+14255550200"}}, roster); err != nil || diff != "" {
		t.Errorf("roster (-want +got):\n%s%v", diff, err)
	}
	// A repetition finds the call, and dials nothing.
	if again, err := s.Dial(t.Context(), to("200"), attempt); err != nil || again != answer || commits != 1 {
		t.Errorf("again: %+v, %v, %d commits", again, err, commits)
	}
	if err := s.HangUp(t.Context(), connection); err != nil {
		t.Fatal(err)
	}
	until(t, "it is over", phaseIs(s, connection, telephony.PhaseOver))
	if err := s.HangUp(t.Context(), connection); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("hung up twice: %v", err)
	}
	// The request may have rung, so nothing is created anew.
	_, err = s.Dial(t.Context(), to("200"), attempt)
	if telephony.OutcomeOf(err) != telephony.OutcomeUnknown {
		t.Errorf("after its end: %v", err)
	}
}

// TestNobodyRingsBeforeTheCommit: if the record cannot be written, no phone rings, and the same attempt can go on.
func TestNobodyRingsBeforeTheCommit(t *testing.T) {
	t.Parallel()
	s, client := realService(t)
	commits := 0
	attempt := attemptOf(&commits)
	commit := attempt.Commit
	attempt.Commit = func(context.Context) error { return errors.New("a conflict") }
	if _, err := s.Dial(t.Context(), to("180"), attempt); telephony.OutcomeOf(err) != telephony.OutcomeUnknown {
		t.Fatalf("not committed: %v", err)
	}
	channel, err := client.Channel(t.Context(), attempt.Record.ID)
	if err != nil || channel.State != ari.StateDown {
		t.Fatalf("the channel is %+v, %v", channel, err)
	}
	attempt.Commit = commit
	if _, err := s.Dial(t.Context(), to("180"), attempt); err != nil || commits != 1 {
		t.Fatalf("the same attempt continues: %v, %d commits", err, commits)
	}
	until(t, "it rings", phaseIs(s, attempt.Record.ID, telephony.PhaseRinging))
	if err := s.HangUp(t.Context(), attempt.Record.ID); err != nil {
		t.Error(err)
	}
}

// TestMoveOnAsterisk: a participant changes calls, twice is once, and the call that everybody has left is over.
func TestMoveOnAsterisk(t *testing.T) {
	t.Parallel()
	s, _ := realService(t)
	commits := 0
	var connections []string
	for _, digits := range []string{"200", "201"} {
		answer, err := s.Dial(t.Context(), to(digits), attemptOf(&commits))
		if err != nil {
			t.Fatal(err)
		}
		connections = append(connections, answer.Call.Connection)
		until(t, digits+" answers", phaseIs(s, answer.Call.Connection, telephony.PhaseConnected))
	}
	request := telephony.MoveRequest{From: connections[1], To: connections[0], Participants: []string{"4:+14255550201"}}
	for range 2 {
		if _, err := s.Move(t.Context(), request, attemptOf(&commits)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "both are in one call", func(ctx context.Context) bool {
		roster, err := s.Roster(ctx, connections[0])
		return err == nil && len(roster) == 2 && slices.Contains(roster, telephony.Participant{ID: "4:+14255550201"})
	})
	if _, err := s.State(t.Context(), connections[1]); !telephony.Is(err, telephony.ClassGone) {
		t.Errorf("the call that everybody has left: %v", err)
	}
	if err := s.HangUp(t.Context(), connections[0]); err != nil {
		t.Fatal(err)
	}
	until(t, "it is over for both", phaseIs(s, connections[0], telephony.PhaseOver))
}

// TestMoveOfNamesakes: two calls to one number are two participants, and both can be moved into one call.
func TestMoveOfNamesakes(t *testing.T) {
	t.Parallel()
	s, _ := realService(t)
	commits := 0
	var connections []string
	for _, digits := range []string{"201", "200", "200"} {
		answer, err := s.Dial(t.Context(), to(digits), attemptOf(&commits))
		if err != nil {
			t.Fatal(err)
		}
		connections = append(connections, answer.Call.Connection)
		until(t, digits+" answers", phaseIs(s, answer.Call.Connection, telephony.PhaseConnected))
	}
	for _, source := range connections[1:] {
		request := telephony.MoveRequest{From: source, To: connections[0], Participants: []string{"4:+14255550200"}}
		if _, err := s.Move(t.Context(), request, attemptOf(&commits)); err != nil {
			t.Fatal(err)
		}
		until(t, "everybody has left the call", phaseIs(s, source, telephony.PhaseOver))
	}
	if roster, err := s.Roster(t.Context(), connections[0]); err != nil || len(roster) != 3 {
		t.Errorf("the roster is %+v, %v, want three participants", roster, err)
	}
	if err := s.HangUp(t.Context(), connections[0]); err != nil {
		t.Error(err)
	}
}

func TestRefusedByAsterisk(t *testing.T) {
	t.Parallel()
	s, _ := realService(t)
	commits := 0
	_, err := s.Dial(t.Context(), telephony.DialRequest{To: &v1alpha1.Identifier{CommunicationUser: "8:acs:x_y"}}, attemptOf(&commits))
	if !telephony.Is(err, telephony.ClassUnsupported) || commits != 0 {
		t.Errorf("an app user: %v", err)
	}
}

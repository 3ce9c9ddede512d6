// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// life is the status of a Call after some facts, as manager and receiver write it.
func life(facts ...callstatus.Fact) *v1alpha1.CallStatus {
	observed := callstatus.Observed{Generation: 1, From: "+14255550100", To: "+14255550123", At: epoch}
	status := callstatus.Apply(v1alpha1.CallStatus{ObservedGeneration: -1}, append([]callstatus.Fact{observed}, facts...)...)
	return &status
}

func intended() callstatus.Fact { return callstatus.Intended{ID: "attempt", At: epoch} }

func answered() callstatus.Fact {
	return callstatus.Reported{At: epoch, Event: telephonyacs.EventOf(acs.Event{
		ID: "answered", Type: "Microsoft.Communication.CallConnected", Time: epoch,
		Data: &acs.CallConnected{CallEvent: acs.CallEvent{CallConnectionID: "cc-1", ServerCallID: "sc-1", CorrelationID: "co-1"}},
	})}
}

func joined(n int) callstatus.Fact {
	who := make([]acs.CallParticipant, n)
	for i := range who {
		who[i].Identifier = acs.CommunicationUserIdentifier(rawID(i))
	}
	return callstatus.Reported{At: epoch, Event: telephonyacs.EventOf(acs.Event{
		ID: "joined", Type: "Microsoft.Communication.ParticipantsUpdated", Time: epoch,
		Data: &acs.ParticipantsUpdated{CallEvent: acs.CallEvent{CallConnectionID: "cc-1"}, SequenceNumber: 1, Participants: who},
	})}
}

func over(code, subCode int) callstatus.Fact {
	return callstatus.Reported{At: epoch, Event: telephonyacs.EventOf(acs.Event{
		ID: "over", Type: "Microsoft.Communication.CallDisconnected", Time: epoch,
		Data: &acs.CallDisconnected{CallEvent: acs.CallEvent{
			CallConnectionID: "cc-1", ResultInformation: &acs.ResultInformation{Code: code, SubCode: subCode},
		}},
	})}
}

// rawID is as long as the service makes them.
func rawID(n int) string {
	return fmt.Sprintf("8:acs:5a1ad0e5-0000-4000-8000-000000000001_00000020-0000-4000-8000-%012d", n)
}

func roster(n int) []v1alpha1.CallParticipant {
	who := make([]v1alpha1.CallParticipant, n)
	for i := range who {
		who[i] = v1alpha1.CallParticipant{RawID: rawID(i), Muted: true, OnHold: true}
	}
	return who
}

func history(n int) []v1alpha1.CallEvent {
	events := make([]v1alpha1.CallEvent, n)
	for i := range events {
		events[i] = v1alpha1.CallEvent{ID: fmt.Sprintf("5a1ad0e5-0000-4000-8000-%012d", i), Type: "ParticipantsUpdated", Time: at(i)}
	}
	return events
}

// phases are a Call in each phase, with what kubectl get -o wide shows between its name and its age, and after that.
var phases = []struct {
	name   string
	status *v1alpha1.CallStatus
	cells  []any
	wide   []any
}{
	// A cell without a value in the object is null, which kubectl shows as empty.
	{"unseen", nil, []any{nil, nil, nil, nil, nil, nil, nil}, []any{nil, nil}},
	{
		"pending", life(callstatus.Waits{Reason: v1alpha1.ReasonProviderNotFound, Message: "CallProvider acs does not exist.", At: epoch}),
		[]any{"Pending", "+14255550100", "+14255550123", nil, nil, nil, "ProviderNotFound"}, []any{nil, "CallProvider acs does not exist."},
	},
	{
		"dialing", life(intended()), []any{"Dialing", "+14255550100", "+14255550123", nil, nil, nil, "Dialing"},
		[]any{nil, "The callee is being rung."},
	},
	{
		"ringing", life(callstatus.Rang{At: epoch}), []any{"Ringing", "+14255550100", "+14255550123", nil, nil, nil, "Ringing"},
		[]any{nil, "The call waits to be taken."},
	},
	{
		"connected", life(intended(), answered(), joined(2)),
		[]any{"Connected", "+14255550100", "+14255550123", int64(2), nil, nil, "Connected"}, []any{"cc-1", "The call was answered."},
	},
	{
		"ending", life(intended(), answered(), callstatus.EndingBegun{Reason: v1alpha1.EndingRequested, At: epoch}),
		[]any{"Ending", "+14255550100", "+14255550123", nil, nil, nil, "Ending"}, []any{"cc-1", "Hanging up: spec.state is Ended."},
	},
	{
		"completed", life(intended(), answered(), joined(2), over(0, 560000)),
		[]any{"Ended", "+14255550100", "+14255550123", int64(0), "Completed", nil, "Completed"}, []any{"cc-1", "The other side hung up."},
	},
	{
		"busy", life(intended(), over(486, 560486)),
		[]any{"Ended", "+14255550100", "+14255550123", nil, "Busy", nil, "Busy"}, []any{"cc-1", "The callee is busy."},
	},
}

// TestTable asks for what kubectl get asks for.
func TestTable(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	for _, p := range phases {
		create(t, ns, p.name, numberToNumber, p.status)
	}
	table := tableOf(t, ns)
	var names []string
	for _, column := range table.ColumnDefinitions {
		names = append(names, column.Name)
	}
	columns := []string{"Name", "Phase", "From", "To", "Joined", "Outcome", "Flow", "Reason", "Age", "Connection-ID", "Requested-By", "Message"}
	if diff := cmp.Diff(columns, names); diff != "" {
		t.Fatalf("columns (-want +got):\n%s", diff)
	}
	rows := map[any][]any{}
	for _, row := range table.Rows {
		rows[row.Cells[0]] = row.Cells
	}
	for _, p := range phases {
		row := rows[p.name]
		if len(row) != len(columns) {
			t.Errorf("no row for a Call that is %s", p.name)
			continue
		}
		want := append(append(append([]any{p.name}, p.cells...), row[8], p.wide[0], nil), p.wide[1:]...)
		if diff := cmp.Diff(want, row); diff != "" {
			t.Errorf("a Call that is %s (-want +got):\n%s", p.name, diff)
		}
		if age, err := time.ParseDuration(fmt.Sprint(row[8])); err != nil || age < 0 {
			t.Errorf("the age of a Call that is %s is %v", p.name, row[8])
		}
	}
}

// TestTableFitsTheScreen: kubectl get shows Calls within 120 columns, no matter who calls whom.
func TestTableFitsTheScreen(t *testing.T) {
	t.Parallel()
	const screen = 120
	user := func(n int) string { return "communicationUser: \"" + rawID(n) + "\"" }
	cases := []struct{ name, spec, from, to string }{
		{"number-to-number", numberToNumber, "+14255550100", "+14255550123"},
		{"longest-numbers", numberToNumber, "+123456789012345", "+123456789012345"},
		{"number-to-user", to("{" + user(1) + "}"), "+14255550100", rawID(1)},
		{"user-to-user", "providerRef: {name: acs}\nfrom: {" + user(1) + "}\nto: {" + user(2) + "}\n", rawID(1), rawID(2)},
	}
	ns := namespace(t)
	for _, p := range phases {
		create(t, ns, p.name, numberToNumber, p.status)
	}
	for _, c := range cases {
		seen := callstatus.Observed{Generation: 1, From: c.from, To: c.to, At: epoch}
		status := callstatus.Apply(v1alpha1.CallStatus{ObservedGeneration: -1}, seen, intended(), answered(), joined(2), over(0, 560000))
		create(t, ns, c.name, c.spec, &status)
	}
	shown := kubectl(t, ns, "", "get", "calls")
	for line := range strings.Lines(shown) {
		if width := utf8.RuneCountInString(strings.TrimSpace(line)); width > screen {
			t.Errorf("%d columns, want at most %d: %s", width, screen, line)
		}
	}
	// Two users of one resource are told apart.
	for _, end := range []string{"0000001", "0000002"} {
		if !strings.Contains(shown, "8:acs:..."+end) {
			t.Errorf("no user is shown by the end of the ID, %s:\n%s", end, shown)
		}
	}
}

func tableOf(t *testing.T, namespace string) *metav1.Table {
	t.Helper()
	config := rest.CopyConfig(plane.Config)
	config.GroupVersion, config.APIPath = &v1alpha1.GroupVersion, "/apis"
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	rc, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	body, err := rc.Get().Namespace(namespace).Resource("calls").
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(body, table); err != nil {
		t.Fatal(err)
	}
	for i := range table.Rows {
		for j, cell := range table.Rows[i].Cells {
			if number, ok := cell.(float64); ok {
				table.Rows[i].Cells[j] = int64(number)
			}
		}
	}
	return table
}

// longest is longer than the longest sentence that the operator writes, which has some 770 characters.
var longest = strings.Repeat("m", 800)

// TestCallStaysSmall: etcd, watches and caches carry each Call whole.
func TestCallStaysSmall(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	cases := []struct {
		name, reason string
		status       *v1alpha1.CallStatus
		// whole counts what the API server keeps of the writers, which kubectl shows only when it is asked to.
		whole bool
	}{
		{"in talk", "a full room that is being left", full(life(intended(), answered(), joined(250), ended())), true},
		{"failed", "the service refused it at length", full(life(intended(), refused())), true},
		{"impossible", "everything at once", fuller(full(life(unresolved()))), false},
	}
	ns := namespace(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call := create(t, ns, fmt.Sprintf("c-%d", i), numberToNumber, c.status)
			if !c.whole {
				call.ManagedFields = nil
			}
			stored, err := json.Marshal(call)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes", len(stored))
			if len(stored) >= limit {
				t.Errorf("%s: a Call of %d bytes, want fewer than %d", c.reason, len(stored), limit)
			}
		})
	}
}

func ended() callstatus.Fact {
	return callstatus.EndingBegun{Reason: v1alpha1.EndingMaxDuration, At: epoch}
}

func refused() callstatus.Fact {
	return callstatus.Refused{Code: 403, SubCode: 510403, Message: longest, At: epoch}
}

func unresolved() callstatus.Fact {
	return callstatus.Waits{Reason: v1alpha1.ReasonDialUnresolved, Message: longest, At: epoch}
}

// full has IDs as long as the service makes them, and a history as long as it gets.
func full(status *v1alpha1.CallStatus) *v1alpha1.CallStatus {
	status.ConnectionID, status.CorrelationID = strings.Repeat("c", 72), strings.Repeat("o", 36)
	status.ServerCallID = strings.Repeat("s", 300)
	status.History = history(v1alpha1.MaxHistory)
	return status
}

// fuller has all that never is there at one time.
func fuller(status *v1alpha1.CallStatus) *v1alpha1.CallStatus {
	connected, count := at(0), int32(250)
	status.Attempt = &v1alpha1.RequestAttempt{
		ID: "5a1ad0e5-0000-4000-8000-000000000001", FirstSent: at(0), CommittedTime: &connected, ObjectUID: "5a1ad0e5-0000-4000-8000-000000000002",
		Service: &v1alpha1.AttemptService{
			ProviderName: strings.Repeat("p", 63), ProviderUID: "5a1ad0e5-0000-4000-8000-000000000003",
			Endpoint: strings.Repeat("e", 63) + ".communication.azure.com", ResourceID: "5a1ad0e5-0000-4000-8000-000000000004",
		},
		Request: &v1alpha1.AttemptRequest{
			APIVersion: "2026-03-12", CallbackURL: "https://calls.example.com/" + strings.Repeat("c", 100),
			CallbackKeyID: "0123456789abcdef", CognitiveServicesEndpoint: "https://" + strings.Repeat("a", 63) + ".cognitiveservices.azure.com",
		},
	}
	status.ConnectedTime, status.ParticipantCount = &connected, &count
	status.Participants = roster(v1alpha1.MaxRoster)
	status.Ending = &v1alpha1.CallEnding{Reason: v1alpha1.EndingMaxDuration, Time: at(0)}
	return status
}

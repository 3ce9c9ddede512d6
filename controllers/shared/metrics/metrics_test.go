// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
)

func TestCountCalls(t *testing.T) {
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(controllertest.Epoch.Add(-d)) }
	outgoing := v1alpha1.CallSpec{From: &v1alpha1.Caller{PhoneNumber: "+14255550100"}, To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}}
	waits := func(reason string, since time.Duration) v1alpha1.CallStatus {
		return v1alpha1.CallStatus{Phase: v1alpha1.CallPhasePending, Waiting: &v1alpha1.CallWaiting{Reason: reason, Since: ago(since)}}
	}
	sent := &v1alpha1.RequestAttempt{ID: "a"}
	calls := []v1alpha1.Call{
		{Spec: outgoing},
		{Spec: outgoing, Status: waits(v1alpha1.ReasonWaitingForCapacity, time.Minute)},
		{Spec: outgoing, Status: waits(v1alpha1.ReasonWaitingForCapacity, time.Hour)},
		{Spec: outgoing, Status: waits("+442079460101", time.Minute)},
		{Spec: outgoing, Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseDialing, Attempt: sent}},
		{Spec: outgoing, Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseConnected, Attempt: sent}},
		{Spec: outgoing, Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseEnded, Attempt: sent, Result: &v1alpha1.CallResult{}}},
		{Spec: v1alpha1.CallSpec{Inbound: &v1alpha1.InboundCall{}}, Status: v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseConnected, Attempt: sent}},
	}
	tally := newCallTally()
	for i := range calls {
		calls[i].UID = types.UID(fmt.Sprint(i))
		tally.OnAdd(&calls[i], true)
	}
	census := tally.census(controllertest.Epoch)
	for reason, n := range census.waiting {
		if n == 0 {
			delete(census.waiting, reason)
		}
	}
	want := callCensus{
		phases: map[v1alpha1.CallPhase]int{
			v1alpha1.CallPhasePending: 4, v1alpha1.CallPhaseDialing: 1, v1alpha1.CallPhaseConnected: 2, v1alpha1.CallPhaseEnded: 1,
		},
		// What somebody wrote into a status by hand makes no series of its own.
		waiting:    map[string]int{v1alpha1.ReasonWaitingForCapacity: 2, otherReason: 1},
		oldest:     map[string]time.Duration{v1alpha1.ReasonWaitingForCapacity: time.Hour, otherReason: time.Minute},
		slotsInUse: 2,
	}
	if diff := cmp.Diff(want, census, cmp.AllowUnexported(callCensus{})); diff != "" {
		t.Errorf("census (-want +got):\n%s", diff)
	}
}

// TestTallyFollows: what changes is counted as what it has become, and what goes not at all.
func TestTallyFollows(t *testing.T) {
	from := v1alpha1.CallSpec{From: &v1alpha1.Caller{PhoneNumber: "+14255550100"}, To: &v1alpha1.Identifier{PhoneNumber: "+442079460101"}}
	call := func(uid types.UID, status v1alpha1.CallStatus) *v1alpha1.Call {
		return &v1alpha1.Call{ObjectMeta: metav1.ObjectMeta{UID: uid}, Spec: from, Status: status}
	}
	waits := v1alpha1.CallStatus{Phase: v1alpha1.CallPhasePending, Waiting: &v1alpha1.CallWaiting{Reason: v1alpha1.ReasonPaced, Since: controllertest.At(0)}}
	rings := v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseDialing, Attempt: &v1alpha1.RequestAttempt{ID: "a"}}
	over := v1alpha1.CallStatus{Phase: v1alpha1.CallPhaseEnded, Attempt: rings.Attempt, Result: &v1alpha1.CallResult{}}
	cases := []struct {
		name, reason string
		happens      func(*callTally)
		phase        v1alpha1.CallPhase
		waiting      int
		slots        int
	}{
		{"waits", "it is there", func(c *callTally) { c.OnAdd(call("1", waits), false) }, v1alpha1.CallPhasePending, 1, 0},
		{"dialled", "it no longer waits", func(c *callTally) { c.OnUpdate(call("1", waits), call("1", rings)) }, v1alpha1.CallPhaseDialing, 0, 1},
		{"over", "its slot is free", func(c *callTally) { c.OnUpdate(call("1", rings), call("1", over)) }, v1alpha1.CallPhaseEnded, 0, 0},
		{"deleted", "it is not there", func(c *callTally) { c.OnDelete(call("1", over)) }, "", 0, 0},
		{
			"deleted unseen", "the last known state is what was counted",
			func(c *callTally) {
				c.OnAdd(call("2", waits), false)
				c.OnDelete(cache.DeletedFinalStateUnknown{Key: "n/2", Obj: call("2", waits)})
			}, "", 0, 0,
		},
	}
	tally := newCallTally()
	for _, c := range cases {
		c.happens(tally)
		got := tally.census(controllertest.Epoch)
		for phase, n := range got.phases {
			if want := phase == c.phase; (n != 0) != want || n < 0 {
				t.Errorf("%s: %s: %d are %s", c.name, c.reason, n, phase)
			}
		}
		if got.waiting[v1alpha1.ReasonPaced] != c.waiting || got.slotsInUse != c.slots {
			t.Errorf("%s: %s: %d wait and %d hold slots, want %d and %d", c.name, c.reason, got.waiting[v1alpha1.ReasonPaced], got.slotsInUse, c.waiting, c.slots)
		}
	}
}

func TestCountProviders(t *testing.T) {
	ready := []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
	numbers := func(limit int32, numbers ...v1alpha1.PhoneNumber) (spec v1alpha1.CallProviderSpec) {
		for _, number := range numbers {
			spec.Numbers = append(spec.Numbers, v1alpha1.OwnedNumber{PhoneNumber: number, MaxConcurrentCalls: limit})
		}
		return spec
	}
	got := countProviders([]v1alpha1.CallProvider{
		{Spec: numbers(3, "+14255550100", "+14255550101"), Status: v1alpha1.CallProviderStatus{Conditions: ready}},
		{Spec: numbers(5, "+14255550101")},
	})
	if want := (providerCensus{ready: 1, notReady: 1, slots: 8}); got != want {
		t.Errorf("census is %+v, want %+v: a number that two providers name is one number", got, want)
	}
}

// TestOnlyTheLeaderTells has replicas be added up.
func TestOnlyTheLeaderTells(t *testing.T) {
	leading := make(chan struct{})
	registry := prometheus.NewRegistry()
	collector := &objectCollector{
		calls:  newCallTally(),
		reader: controllertest.NewAPI(t, nil, controllertest.WithoutCacheOptions(), controllertest.ProviderWith()), leading: leading, now: controllertest.NewClock().Now, log: logr.Discard(),
	}
	if err := registry.Register(collector); err != nil {
		t.Fatal(err)
	}
	for _, leads := range []bool{false, true} {
		if leads {
			close(leading)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		if (len(families) > 0) != leads {
			t.Errorf("leading %v: %d metrics", leads, len(families))
		}
	}
}

func TestCodeOfATry(t *testing.T) {
	cases := []struct {
		reason, want string
		status       int
	}{
		{reason: "an answer is its status", status: http.StatusTooManyRequests, want: "429"},
		{reason: "without an answer it is one label, whatever the error says", want: noAnswer},
	}
	for _, tc := range cases {
		if got := codeOf(tc.status); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

// TestInventory: a Call that the service does not list is polled at once, and a call without a Call is hung up, unless the API server has
// its Call after all.
func TestInventory(t *testing.T) {
	t.Parallel()
	service := &telephonytest.Service{}
	l := onAnyService(t, service, controllertest.CallWith())
	l.poked = make(chan event.GenericEvent, 1)
	l.pass(time.Second)
	call := controllertest.Read(t, l.api)
	l.takeInventoryOnce(t.Context())
	if len(l.poked) != 1 {
		t.Fatal("the Call whose call is not listed is not reconciled")
	}
	asked := len(service.Requests())
	l.pass(time.Second)
	if requests := service.Requests()[asked:]; !slices.Contains(requests, "state") {
		t.Errorf("it is polled at once: %v", requests)
	}
	listed := func(uid types.UID) telephony.LiveCall {
		return telephony.LiveCall{
			Connection: call.Status.ConnectionID, Provider: "pu", Since: l.clock.Now().Add(-time.Hour),
			Target: callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: call.Namespace, Name: call.Name, UID: uid},
		}
	}
	for _, c := range []struct {
		reason string
		uid    types.UID
		hungUp bool
	}{
		{"its Call is live", call.UID, false},
		{"its Call was another object with the same name", "earlier", true},
	} {
		service.Live = func() []telephony.LiveCall { return []telephony.LiveCall{listed(c.uid)} }
		asked, l.poked = len(service.Requests()), make(chan event.GenericEvent, 1)
		l.takeInventoryOnce(t.Context())
		if requests := service.Requests()[asked:]; slices.Contains(requests, "hangUp") != c.hungUp {
			t.Errorf("%s: the service was asked for %v", c.reason, requests)
		}
		if warnings := l.warnings(); (len(warnings) == 1) != c.hungUp {
			t.Errorf("%s: %v", c.reason, warnings)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	service := v1alpha1.AttemptService{ProviderName: "p", ProviderUID: "provider", Endpoint: "http://pbx.example.com/ari"}
	live := func(connection string, change ...func(*v1alpha1.Call)) v1alpha1.Call {
		call := v1alpha1.Call{}
		call.Namespace, call.Name, call.UID = "n", connection, types.UID("uid-"+connection)
		pinned := service
		call.Status.ConnectionID = connection
		call.Status.Attempt = &v1alpha1.RequestAttempt{ID: connection, ObjectUID: call.UID, Service: &pinned}
		for _, f := range change {
			f(&call)
		}
		return call
	}
	ended := func(ago time.Duration) func(*v1alpha1.Call) {
		return func(call *v1alpha1.Call) {
			call.Status.Result = &v1alpha1.CallResult{EndTime: metav1.NewTime(now.Add(-ago))}
		}
	}
	listed := func(connection string, change ...func(*telephony.LiveCall)) telephony.LiveCall {
		call := telephony.LiveCall{
			Connection: connection, Provider: "provider", Since: now.Add(-time.Hour),
			Target: callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: connection, UID: types.UID("uid-" + connection)},
		}
		for _, f := range change {
			f(&call)
		}
		return call
	}
	cases := []struct {
		name, reason     string
		listed           []telephony.LiveCall
		calls            []v1alpha1.Call
		missing, orphans []string
	}{
		{name: "as it should be", reason: "each knows of the other", listed: []telephony.LiveCall{listed("a")}, calls: []v1alpha1.Call{live("a")}},
		{name: "not listed", reason: "the service was restarted, or the report of the end was lost", calls: []v1alpha1.Call{live("a")}, missing: []string{"a"}},
		{name: "over, not listed", reason: "nothing is to be found out", calls: []v1alpha1.Call{live("a", ended(time.Second))}},
		{
			name: "reported as over, not listed", reason: "it is being settled",
			calls: []v1alpha1.Call{live("a", func(c *v1alpha1.Call) { c.Status.ReportedEnd = &v1alpha1.CallReportedEnd{} })},
		},
		{name: "not placed yet", reason: "there is nothing to list", calls: []v1alpha1.Call{live("a", func(c *v1alpha1.Call) { c.Status.ConnectionID = "" })}},
		{
			name: "at another service", reason: "this one cannot know it",
			calls: []v1alpha1.Call{live("a", func(c *v1alpha1.Call) { c.Status.Attempt.Service.Endpoint = "http://other.example.com/ari" })},
		},
		{
			name: "a copy", reason: "the attempt is another object's",
			calls: []v1alpha1.Call{live("a", func(c *v1alpha1.Call) { c.UID = "another" })},
		},
		{name: "no Call", reason: "nobody would ever hang it up", listed: []telephony.LiveCall{listed("a")}, orphans: []string{"a"}},
		{
			name: "no Call yet", reason: "the cache may not have the Call yet",
			listed: []telephony.LiveCall{listed("a", func(c *telephony.LiveCall) { c.Since = now.Add(-time.Second) })},
		},
		{name: "just over", reason: "it is being hung up", listed: []telephony.LiveCall{listed("a")}, calls: []v1alpha1.Call{live("a", ended(time.Second))}},
		{name: "long over", reason: "nothing hangs it up any more", listed: []telephony.LiveCall{listed("a")}, calls: []v1alpha1.Call{live("a", ended(time.Hour))}, orphans: []string{"a"}},
		{
			name: "created again", reason: "another object with the same name has another UID",
			listed: []telephony.LiveCall{listed("a")}, calls: []v1alpha1.Call{live("b", func(c *v1alpha1.Call) { c.Name = "a" })}, missing: []string{"b"}, orphans: []string{"a"},
		},
		{
			name: "of another provider", reason: "it may be another cluster's",
			listed: []telephony.LiveCall{listed("a", func(c *telephony.LiveCall) { c.Provider = "other" })},
		},
		{
			name: "of another kind", reason: "only Calls have calls",
			listed: []telephony.LiveCall{listed("a", func(c *telephony.LiveCall) { c.Target.Kind = callbackurl.KindParticipantMoves })},
		},
		{
			name: "an unresolved Call", reason: "its request may be on its way",
			listed: []telephony.LiveCall{listed("a")}, calls: []v1alpha1.Call{live("a", func(c *v1alpha1.Call) { c.Status.ConnectionID = "" })},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := compare(inventory{provider: "provider", service: service, listed: c.listed, calls: c.calls, now: now})
			var missing, orphans []string
			for _, call := range found.missing {
				missing = append(missing, call.Status.ConnectionID)
			}
			for _, call := range found.orphans {
				orphans = append(orphans, call.Connection)
			}
			if diff := cmp.Diff([][]string{c.missing, c.orphans}, [][]string{missing, orphans}); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.reason, diff)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// incomingDeliveries are how often an IncomingCall was delivered, by event ID in the order of the first time.
func incomingDeliveries(f *fixture) (ids []string, times map[string]int) {
	times = map[string]int{}
	deliveries, _ := f.sink.all()
	for _, d := range deliveries {
		if d.method != http.MethodPost || d.path != "/grid" || d.header.Get("Aeg-Event-Type") == "SubscriptionValidation" {
			continue
		}
		events, err := acs.ParseEventGrid(d.body)
		f.ok(err)
		if times[events[0].ID] == 0 {
			ids = append(ids, events[0].ID)
		}
		times[events[0].ID]++
	}
	return ids, times
}

func TestEventGridTriesAgain(t *testing.T) {
	for _, tc := range []struct {
		status, tries int
		reason        string
	}{
		{200, 1, "it arrived"},
		{204, 1, "it arrived"},
		{206, 2, "only 200 to 204 mean that it arrived"},
		{400, 1, "a bad request does not get better"},
		{401, 1, "credentials do not get better"},
		{404, 2, "an endpoint may come"},
		{429, 2, "an endpoint may recover"},
		{503, 2, "an endpoint may recover"},
	} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			bubble(t, resource(simulator.GridSchemaEventGrid), func(f *fixture) {
				f.agreed(1)
				f.sink.answer = func(w http.ResponseWriter, _ delivery, _ int) bool {
					w.WriteHeader(tc.status)
					return true
				}
				got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
				time.Sleep(time.Hour)
				_, times := incomingDeliveries(f)
				for _, got := range times {
					if got != tc.tries {
						t.Errorf("%s: %d tries, want %d", tc.reason, got, tc.tries)
					}
				}
				if len(times) != 1 {
					t.Errorf("%d events, want one", len(times))
				}
			})
		})
	}
}

func TestNobodyIsToldWhoDidNotAgree(t *testing.T) {
	for _, schema := range []simulator.GridSchema{simulator.GridSchemaEventGrid, simulator.GridSchemaCloudEvents} {
		for name, refuse := range map[string]func(w http.ResponseWriter){
			"202":        func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
			"500":        func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
			"200, empty": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
			"200, wrong": func(w http.ResponseWriter) {
				w.Header().Set("WebHook-Allowed-Origin", "somebody.example.test")
				_, _ = w.Write([]byte(`{"validationResponse":"wrong"}`))
			},
		} {
			t.Run(string(schema)+" "+name, func(t *testing.T) {
				options := resource(schema)
				var agrees atomic.Bool
				answer := func(w http.ResponseWriter, _ delivery, _ int) bool {
					if agrees.Load() {
						return false
					}
					refuse(w)
					return true
				}
				bubbleWith(t, options, answer, func(f *fixture) {
					time.Sleep(time.Minute)
					got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
					time.Sleep(time.Minute)
					if ids, _ := incomingDeliveries(f); len(ids) > 0 {
						t.Error("an endpoint that did not agree was told of a call")
					}
					agrees.Store(true)
					f.agreed(1)
					got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
					f.incoming(1, "4:"+inbound)
				})
			})
		}
	}
}

func TestAnEndpointCanSubscribeLater(t *testing.T) {
	bubble(t, simulator.Options{OwnedNumbers: []string{owned, inbound}}, func(f *fixture) {
		subscription := map[string]any{"url": f.webhook + "/grid", "schema": "eventgrid"}
		f.admin(http.MethodPut, "/subscriptions", subscription, nil)
		f.admin(http.MethodPut, "/subscriptions", subscription, nil)
		f.agreed(1)
		f.admin(http.MethodPost, "/reset", nil, nil)
		got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
		f.incoming(1, "4:"+inbound)
		time.Sleep(time.Minute)
		if ids, _ := incomingDeliveries(f); len(ids) != 1 {
			t.Errorf("%d events, want one: an endpoint subscribes once, and a reset does not change that", len(ids))
		}
	})
}

func TestFaultsOfEventGridDeliveries(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		fault        map[string]any
		// calls are the deliveries, by which of three calls they tell of.
		calls []int
	}{
		{name: "twice", reason: "the first is delivered twice, with the same ID", fault: map[string]any{"kind": "twice", "count": 1}, calls: []int{1, 1, 2, 3}},
		{name: "lose", reason: "the first is lost", fault: map[string]any{"kind": "lose", "count": 1}, calls: []int{2, 3}},
		{name: "reorder", reason: "the second overtakes the first", fault: map[string]any{"kind": "reorder", "count": 1, "delay": "20s"}, calls: []int{2, 1, 3}},
		{name: "late", reason: "the first comes after all others", fault: map[string]any{"kind": "late", "count": 1, "delay": "20s"}, calls: []int{2, 3, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, resource(simulator.GridSchemaEventGrid), func(f *fixture) {
				f.agreed(1)
				tc.fault["eventType"] = "IncomingCall"
				f.fault(tc.fault)
				callOf := map[string]int{}
				for i := range 3 {
					callOf[got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)] = i + 1
					time.Sleep(time.Second)
				}
				time.Sleep(time.Minute)
				var calls []int
				deliveries, _ := f.sink.all()
				for _, d := range deliveries {
					events, err := acs.ParseEventGrid(d.body)
					f.ok(err)
					if call := events[0].IncomingCall; call != nil {
						calls = append(calls, callOf[call.CorrelationID])
					}
				}
				if diff := cmp.Diff(tc.calls, calls); diff != "" {
					t.Errorf("%s:\n%s", tc.reason, diff)
				}
				if ids, _ := incomingDeliveries(f); tc.name == "twice" && len(ids) != 3 {
					t.Errorf("%s: there are %d IDs, want 3", tc.reason, len(ids))
				}
			})
		})
	}
}

func TestEveryEndpointIsTold(t *testing.T) {
	t.Parallel()
	options := resource(simulator.GridSchemaEventGrid)
	options.EventGrid = append(options.EventGrid, simulator.EventGridSubscription{URL: "/grid/second", Schema: simulator.GridSchemaCloudEvents})
	f := serve(t, options)
	f.agreed(2)
	got(f.sim.PlaceIncomingCall(number(person), acs.CommunicationUserIdentifier(user)))(f)
	f.incoming(2, user)
}

// filterTo is a filter for calls to raw IDs that begin so.
func filterTo(prefix string) *simulator.EventGridFilter {
	return &simulator.EventGridFilter{AdvancedFilters: []simulator.EventGridAdvancedFilter{{
		OperatorType: "StringBeginsWith", Key: "data.to.rawId", Values: []string{prefix},
	}}}
}

// receivers are the callees of the calls that an endpoint was told of.
func receivers(f *fixture, path string) []string {
	var callees []string
	deliveries, _ := f.sink.all()
	for _, d := range deliveries {
		if d.path != path || d.method != http.MethodPost {
			continue
		}
		events, err := acs.ParseEventGrid(d.body)
		f.ok(err)
		if call := events[0].IncomingCall; call != nil {
			callees = append(callees, call.To.ID())
		}
	}
	return callees
}

func TestSubscriptionsReceiveWhatTheirFilterPasses(t *testing.T) {
	for _, schema := range []simulator.GridSchema{simulator.GridSchemaEventGrid, simulator.GridSchemaCloudEvents} {
		t.Run(string(schema), func(t *testing.T) {
			options := resource(schema)
			options.EventGrid = append(options.EventGrid,
				simulator.EventGridSubscription{URL: "/grid/numbers", Schema: schema, Filter: filterTo("4:")},
				simulator.EventGridSubscription{URL: "/grid/users", Schema: schema, Filter: filterTo("8:")})
			bubble(t, options, func(f *fixture) {
				f.agreed(3)
				toNumber := got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
				f.settle()
				toUser := got(f.sim.PlaceIncomingCall(number(person), acs.CommunicationUserIdentifier(user)))(f)
				time.Sleep(time.Minute)
				for path, want := range map[string][]string{"/grid": {"4:" + inbound, user}, "/grid/numbers": {"4:" + inbound}, "/grid/users": {user}} {
					if diff := cmp.Diff(want, receivers(f, path)); diff != "" {
						t.Errorf("%s:\n%s", path, diff)
					}
				}
				var filtered []string
				for _, e := range f.sim.Journal() {
					if e.Kind != simulator.EntryFiltered {
						continue
					}
					if e.EventType != "IncomingCall" || e.EventID == "" || e.Filter != "advanced filter 1: data.to.rawId StringBeginsWith" {
						t.Errorf("the journal says which event was left out by which part: %+v", e)
					}
					filtered = append(filtered, e.CorrelationID)
				}
				if diff := cmp.Diff([]string{toNumber, toUser}, filtered); diff != "" {
					t.Errorf("the journal tells of each event that was left out:\n%s", diff)
				}
			})
		})
	}
}

func TestTheHandshakeIsNotFiltered(t *testing.T) {
	options := resource(simulator.GridSchemaEventGrid)
	options.EventGrid[0].Filter = &simulator.EventGridFilter{IncludedEventTypes: []string{"none"}, SubjectBeginsWith: "none"}
	bubble(t, options, func(f *fixture) { f.agreed(1) })
}

func TestAnEndpointGetsAnotherFilter(t *testing.T) {
	bubble(t, simulator.Options{OwnedNumbers: []string{owned, inbound}}, func(f *fixture) {
		subscribe := func(filter *simulator.EventGridFilter) {
			f.admin(http.MethodPut, "/subscriptions", map[string]any{"url": f.webhook + "/grid", "filter": filter}, nil)
		}
		subscribe(filterTo("8:"))
		f.agreed(1)
		got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
		time.Sleep(time.Minute)
		if callees := receivers(f, "/grid"); len(callees) > 0 {
			t.Errorf("the filter leaves out %v", callees)
		}
		subscribe(filterTo("4:"))
		got(f.sim.PlaceIncomingCall(number(person), number(inbound)))(f)
		f.incoming(1, "4:"+inbound)
		subscribe(nil)
		got(f.sim.PlaceIncomingCall(number(person), acs.CommunicationUserIdentifier(user)))(f)
		f.incoming(1, user)
	})
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// One event of a delivery costs the others nothing, and there is one answer for all.
func TestBatches(t *testing.T) {
	unknown := gridEvent("u", "Microsoft.Communication.CallStarted", map[string]any{})
	good := func(id string) map[string]any { return incomingEvent(id, nil) }
	bad := func(id string) map[string]any { return incomingEvent(id, map[string]any{"to": nil}) }
	failSecond := func(object client.Object) error {
		if object.GetName() == "incoming-2" {
			return errDown
		}
		return nil
	}
	tests := []struct {
		name, reason string
		onCreate     func(client.Object) error
		events       []map[string]any
		code         int
		want         string
		calls        []string
	}{
		{name: "Several", reason: "each call gets its objects", events: []map[string]any{good("1"), asCloudEvent(good("2")), good("3")},
			code: 200, want: "recorded", calls: []string{"incoming-1", "incoming-2", "incoming-3"}},
		{name: "BadBetween", reason: "a bad event is not a reason to send the good ones again", events: []map[string]any{good("1"), bad("2"), nil, {"id": "x"}, good("3")},
			code: 200, want: "recorded", calls: []string{"incoming-1", "incoming-3"}},
		{name: "OnlyBad", reason: "nothing in it will ever be recorded", events: []map[string]any{unknown, bad("2")}, code: 400, want: "callee_unknown"},
		{name: "Unknown", reason: "Event Grid sends what a subscription's filter lets pass", events: []map[string]any{unknown, unknown}, code: 200, want: "unknown_type"},
		{name: "Empty", reason: "an empty batch says nothing", code: 200, want: "empty"},
		{name: "OneFails", reason: "all come again, and those that are there are found", onCreate: failSecond, events: []map[string]any{good("1"), good("2"), bad("3")},
			code: 500, want: "api_unavailable", calls: []string{"incoming-1"}},
		{name: "ValidationAndFailure", reason: "a handshake does not hide a call that is not recorded", onCreate: failSecond, events: []map[string]any{validationEvent("c"), good("2")},
			code: 500, want: "api_unavailable"},
		{name: "ValidationAndCall", reason: "a call is recorded along with a handshake", events: []map[string]any{good("1"), validationEvent("c")},
			code: 200, want: `{"validationResponse":"c"}`, calls: []string{"incoming-1"}},
		{name: "SameTwice", reason: "an event twice in a batch is one call", events: []map[string]any{good("1"), good("1")}, code: 200, want: "recorded", calls: []string{"incoming-1"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			f := newGridFixture(t, provider(""))
			if f.onCreate = tc.onCreate; f.onCreate != nil {
				// What fails is tried again until then; what does not has the time that it needs.
				f.eventGrid.timeout = time.Second
			}
			code, reason := f.deliver(tc.events...)
			if code != tc.code || reason != tc.want {
				t.Errorf("%s: answer %d %s, want %d %s", tc.reason, code, reason, tc.code, tc.want)
			}
			calls, secrets := f.made()
			if diff := cmp.Diff([][]string{tc.calls, tc.calls}, [][]string{calls, secrets}); diff != "" {
				t.Errorf("%s: Calls and Secrets (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

func TestUnknownGridEventsAreCounted(t *testing.T) {
	f := newGridFixture(t, provider(""))
	f.deliver(gridEvent("u", "Microsoft.Communication.CallStarted", nil), incomingEvent("1", nil))
	if n := f.metric("call_operator_receiver_events_total", "result", "unknown_type", "type", "unknown"); n != 1 {
		t.Errorf("the unknown event is counted %v times, want once", n)
	}
}

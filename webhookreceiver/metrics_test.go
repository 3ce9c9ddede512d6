// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestEventDelay has events of clocks that differ.
func TestEventDelay(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := []struct {
		name, reason string
		happened     time.Time
		count        uint64
		seconds      float64
	}{
		{name: "late", reason: "the delay is what counts", happened: now.Add(-2 * time.Second), count: 1, seconds: 2},
		{name: "ahead", reason: "a clock that is ahead makes no negative delay", happened: now.Add(time.Hour), count: 1},
		{name: "none", reason: "an event without a time says nothing", count: 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			registry := prometheus.NewRegistry()
			m, err := newMetrics(registry)
			if err != nil {
				t.Fatal(err)
			}
			m.written(sourceCallback, tc.happened, now)
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, family := range families {
				if family.GetName() != "call_operator_receiver_event_to_status_seconds" {
					continue
				}
				// The labels come in the order of their values.
				got := family.Metric[0].GetHistogram()
				if got.GetSampleCount() != tc.count || got.GetSampleSum() != tc.seconds {
					t.Errorf("%s: %d observations of %v s, want %d of %v s", tc.reason, got.GetSampleCount(), got.GetSampleSum(), tc.count, tc.seconds)
				}
			}
		})
	}
}

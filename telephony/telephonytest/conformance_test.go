// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package telephonytest

import (
	"sync"
	"testing"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// TestConformance: the service in memory keeps the promises that tests of its users rely on.
func TestConformance(t *testing.T) {
	t.Parallel()
	Conformance(t, func(*testing.T) World {
		w := World{
			From: "+14255550100", Answers: "+14255550120", AlsoAnswers: "+14255550121", Rings: "+14255550130", Busy: "+14255550140", Declines: "+14255550141",
			Reported: &Reported{},
		}
		phones := map[string]Phone{
			idOf(w.Answers): {Answers: true}, idOf(w.AlsoAnswers): {Answers: true},
			idOf(w.Busy): {Refuses: telephony.CauseBusy}, idOf(w.Declines): {Refuses: telephony.CauseDeclined},
		}
		var mu sync.Mutex
		rings := map[string]int{}
		w.Service = &Service{
			Report: w.Reported.Add,
			Phones: func(callee string) Phone {
				mu.Lock()
				defer mu.Unlock()
				rings[callee]++
				return phones[callee]
			},
		}
		w.RingsOf = func(number v1alpha1.PhoneNumber) int {
			mu.Lock()
			defer mu.Unlock()
			return rings[idOf(number)]
		}
		return w
	})
}

func idOf(number v1alpha1.PhoneNumber) string {
	return party.RawID(&v1alpha1.Identifier{PhoneNumber: number})
}

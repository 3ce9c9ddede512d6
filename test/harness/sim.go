// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// ResourceID is the immutable ID of the simulated ACS resource.
const ResourceID = "00000000-1111-2222-3333-444444444444"

// journalLimit is more entries than any test makes.
const journalLimit = 10_000_000

// Script is what a phone does when it rings. The zero value answers at once and never hangs up.
type Script struct {
	// AnswerAfter is how long it rings; HangUpAfter is how long after the answer it hangs up, 0 is never.
	AnswerAfter, HangUpAfter time.Duration
	// Busy, Decline and NoAnswer are instead of an answer.
	Busy, Decline, NoAnswer bool
	// Reactions are to what the phone hears.
	Reactions []simulator.Reaction
}

func (s Script) phone(number string) simulator.Phone {
	phone := simulator.Phone{Number: number, Script: s.Reactions}
	switch {
	case s.Busy:
		phone.Busy = &simulator.After{}
	case s.Decline:
		phone.Decline = &simulator.After{}
	case s.NoAnswer:
		phone.NoAnswer = &struct{}{}
	default:
		phone.Answer = &simulator.After{After: simulator.Duration(s.AnswerAfter)}
	}
	if s.HangUpAfter > 0 {
		phone.HangUp = &simulator.After{After: simulator.Duration(s.HangUpAfter)}
	}
	return phone
}

// Simulator is ACS, on a loopback port.
type Simulator struct {
	simulator *simulator.Simulator
	server    *httptest.Server
	key       string
	// keyFetches counts requests for the keys of the callbacks' tokens.
	keyFetches atomic.Int64
}

func newSimulator(t testing.TB, options Options, subscriptions []simulator.EventGridSubscription) *Simulator {
	t.Helper()
	s := &Simulator{key: randomKey(t)}
	phones := make([]simulator.Phone, 0, len(options.Phones))
	for number, script := range options.Phones {
		phones = append(phones, script.phone(number))
	}
	started, err := simulator.New(simulator.Options{
		AccessKey: s.key, Phones: phones, ResourceID: ResourceID, OwnedNumbers: options.Numbers,
		MaxConcurrentCallsPerNumber: int(options.MaxConcurrent), EventGrid: subscriptions,
		RepeatabilityWindow: options.RepeatabilityWindow, ForgottenRepeatability: options.ForgottenRepeatability,
		// What is judged at the end is the whole journal.
		JournalLimit: journalLimit, Now: options.Now,
	})
	must(t, err)
	s.simulator = started
	handler := started.Handler()
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == simulator.JWKSPath {
			s.keyFetches.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		started.Close()
		s.server.Close()
	})
	return s
}

func randomKey(t testing.TB) string {
	t.Helper()
	key := make([]byte, 32)
	_, err := rand.Read(key)
	must(t, err)
	return base64.StdEncoding.EncodeToString(key)
}

// ConnectionString reaches the simulator.
func (s *Simulator) ConnectionString() string {
	return "endpoint=" + s.server.URL + "/;accesskey=" + s.key
}

// WrongConnectionString has an access key that the simulator refuses.
func (s *Simulator) WrongConnectionString() string {
	return "endpoint=" + s.server.URL + "/;accesskey=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
}

// Issuer signs the callbacks' tokens; its keys are at JWKSURL.
func (s *Simulator) Issuer() string { return s.simulator.Issuer() }

// JWKSURL is where the issuer's keys are.
func (s *Simulator) JWKSURL() string { return s.server.URL + simulator.JWKSPath }

// KeyFetches is how often somebody asked for the issuer's keys.
func (s *Simulator) KeyFetches() int64 { return s.keyFetches.Load() }

// TokenFor is a token as the service signs it, for a resource of the test's choice.
func (s *Simulator) TokenFor(t testing.TB, resourceID string) string {
	t.Helper()
	token, err := s.simulator.Token(resourceID)
	must(t, err)
	return token
}

// Rings is how often a phone rang.
func (s *Simulator) Rings(number string) int { return s.simulator.Rings("4:" + number) }

// RingTimes are when phones rang, in order.
func (s *Simulator) RingTimes() []time.Time {
	var times []time.Time
	for _, entry := range s.simulator.Journal() {
		if entry.Kind == simulator.EntryRing {
			times = append(times, entry.Time)
		}
	}
	return times
}

// RingOrder are the numbers of the phones in the order in which they rang.
func (s *Simulator) RingOrder() []string {
	var order []string
	for _, entry := range s.simulator.Journal() {
		if entry.Kind == simulator.EntryRing {
			order = append(order, strings.TrimPrefix(entry.Phone, "4:"))
		}
	}
	return order
}

// Live is how many calls are not over.
func (s *Simulator) Live() int {
	live, _ := s.concurrency()
	return live
}

// MostAtOnce is how many calls there were at most at one time.
func (s *Simulator) MostAtOnce() int {
	_, most := s.concurrency()
	return most
}

// concurrency follows the journal from ring to CallDisconnected.
func (s *Simulator) concurrency() (live, most int) {
	open := map[string]bool{}
	for _, entry := range s.simulator.Journal() {
		switch {
		case entry.Kind == simulator.EntryRing:
			open[entry.CorrelationID] = true
			most = max(most, len(open))
		case entry.Kind == simulator.EntryEvent && entry.EventType == "CallDisconnected":
			delete(open, entry.CorrelationID)
		}
	}
	return len(open), most
}

// AwaitSubscription waits until the receiver has agreed to receive incoming calls.
func (s *Simulator) AwaitSubscription(t testing.TB) {
	t.Helper()
	s.AwaitEntry(t, "the receiver agrees to receive incoming calls", func(entry simulator.Entry) bool {
		return entry.Kind == simulator.EntrySubscription && entry.Status == http.StatusOK
	})
}

// AwaitEntry waits for an entry of the journal.
func (s *Simulator) AwaitEntry(t testing.TB, what string, wanted func(simulator.Entry) bool) {
	t.Helper()
	late := time.Now().Add(Patience)
	for !slices.ContainsFunc(s.simulator.Journal(), wanted) {
		if time.Now().After(late) {
			t.Fatalf("waited %s until %s", Patience, what)
		}
		<-time.After(20 * time.Millisecond) // the journal of a simulator in this process has nothing to wait on
	}
}

// Dial has a phone call a number of the resource, and returns the correlation ID.
func (s *Simulator) Dial(t testing.TB, from, to string) string {
	t.Helper()
	correlationID, err := s.simulator.PlaceIncomingCall(acs.PhoneNumberIdentifier(from), acs.PhoneNumberIdentifier(to))
	must(t, err)
	return correlationID
}

// Journal is all that happened at the service.
func (s *Simulator) Journal() []simulator.Entry { return s.simulator.Journal() }

// PhoneLog is what a phone heard and did, in words and in order.
func (s *Simulator) PhoneLog(phone string) []string {
	var log []string
	for _, event := range s.simulator.PhoneLog(phone) {
		log = append(log, event.String())
	}
	return log
}

// SetPhone gives a phone or a user a script.
func (s *Simulator) SetPhone(t testing.TB, phone simulator.Phone) {
	t.Helper()
	must(t, s.simulator.SetPhone(phone))
}

// Describe is the journal, a line an entry.
func (s *Simulator) Describe() string {
	var text strings.Builder
	for _, e := range s.simulator.Journal() {
		fmt.Fprintf(&text, "simulator %s %s %s %s%s %s%q status=%d repeatability=%s repeated=%v connection=%s %s\n",
			e.Time.Format("15:04:05.000"), e.Kind, e.Operation, e.EventType, e.Phone, e.PhoneEvent, e.Text, e.Status, e.RepeatabilityID, e.Repeated, e.ConnectionID, e.Error)
	}
	return text.String()
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// nowhere is a webhook that accepts everything.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// size counts what a simulator keeps of calls and requests.
func (s *Simulator) size() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.timers.mu.Lock()
	defer s.timers.mu.Unlock()
	w := s.world
	kept := map[string]int{}
	for name, count := range map[string]int{
		"legs": len(w.legs), "rings": len(w.rings), "recordings": len(w.recordings), "server calls": len(w.byServerID),
		"located calls": len(w.byLocator), "invitations": len(w.invitations), "busy numbers": len(w.busy), "streams": len(s.courier.streams),
		"held": len(s.courier.held), "timers": len(s.timers.pending), "requests": len(s.memory.requests), "order": len(s.memory.order),
	} {
		if count > 0 {
			kept[name] = count
		}
	}
	return kept
}

// post sends a request to a simulator that checks no signatures, and returns the first GUID of the answer.
func post(t *testing.T, s *Simulator, path, body string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/calling/"+path+"?api-version=2026-03-12", strings.NewReader(body))
	r.Header.Set(headerRepeatabilityID, uuid.NewString())
	r.Header.Set(headerRepeatabilityFirstSent, time.Now().UTC().Format(http.TimeFormat))
	recorder := httptest.NewRecorder()
	s.Handler().ServeHTTP(recorder, r)
	if recorder.Code >= http.StatusBadRequest {
		t.Fatalf("%s: %d %s", path, recorder.Code, recorder.Body)
	}
	_, id, _ := strings.Cut(recorder.Body.String(), `"callConnectionId":"`)
	id, _, _ = strings.Cut(id, `"`)
	return id
}

const callFields = `"callbackUri":"https://app.example.test/","sourceCallerIdNumber":{"value":"+14255550100"}`

// TestWhatIsOverIsForgotten leads calls to every kind of end and looks at what is kept of them an hour later.
func TestWhatIsOverIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{
			Client: &http.Client{Transport: nowhere{}}, OwnedNumbers: []string{"+14255550100"}, MaxConcurrentCallsPerNumber: 1000,
			EventGrid: []EventGridSubscription{{URL: "https://app.example.test/grid", Schema: GridSchemaCloudEvents}},
			Phones: []Phone{
				{Number: "+14255550111", Answer: &After{}}, {Number: "+14255550112", NoAnswer: &struct{}{}},
				{Number: "+14255550113", Answer: &After{}, HangUp: &After{After: Duration(time.Minute)}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			for callee, end := range map[string]string{"+14255550111": ":terminate", "+14255550112": "", "+14255550113": "", "+14255550100": ""} {
				id := post(t, s, "callConnections", fmt.Sprintf(`{"targets":[{"phoneNumber":{"value":%q}}],%s}`, callee, callFields))
				time.Sleep(time.Second)
				if end == "" {
					continue
				}
				post(t, s, "callConnections/"+id+"/participants:add", `{"participantToAdd":{"phoneNumber":{"value":"+14255550112"}},"sourceCallerIdNumber":{"value":"+14255550100"}}`)
				post(t, s, "recordings", `{"callConnectionId":"`+id+`"}`)
				post(t, s, "callConnections/"+id+end, "")
			}
			room := post(t, s, "callConnections:connect", `{"callLocator":{"kind":"roomCallLocator","roomId":"room-1"},"callbackUri":"https://app.example.test/"}`)
			group := post(t, s, "callConnections", `{"targets":[{"phoneNumber":{"value":"+14255550111"}},{"phoneNumber":{"value":"+14255550111"}}],`+callFields+`}`)
			time.Sleep(time.Second)
			post(t, s, "callConnections/"+room+":terminate", "")
			// The app leaves the group call to itself.
			hangUp := httptest.NewRequest(http.MethodDelete, "/calling/callConnections/"+group+"?api-version=2026-03-12", nil)
			s.Handler().ServeHTTP(httptest.NewRecorder(), hangUp)
		}
		if kept := s.size(); kept["server calls"] < 20 {
			t.Errorf("meanwhile calls are kept: %v", kept)
		}
		time.Sleep(time.Hour)
		// The memory of requests is tidied when it is used.
		if _, failure := s.memory.begin(uuid.NewString(), [32]byte{}); failure != nil {
			t.Fatal(failure)
		}
		if diff := cmp.Diff(map[string]int{"requests": 1, "order": 1}, s.size()); diff != "" {
			t.Errorf("an hour later something is left:\n%s", diff)
		}
		s.Close()
	})
}

// TestCloseLeavesNothingBehind closes a simulator in the middle of everything: the bubble fails if a goroutine is left.
func TestCloseLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{
			Client:    &http.Client{Transport: silent{}},
			EventGrid: []EventGridSubscription{{URL: "https://app.example.test/grid"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddFault(Fault{Kind: FaultLate, Delay: Duration(time.Hour), Count: 5}); err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			post(t, s, "callConnections", fmt.Sprintf(`{"targets":[{"phoneNumber":{"value":"+1425555012%d"}}],%s}`, i, callFields))
		}
		time.Sleep(time.Second)
		s.Close()
		s.Close()
		if kept := len(s.timers.pending) + len(s.courier.timers.pending); kept != 0 {
			t.Errorf("%d timers are left", kept)
		}
		if _, err := s.PlaceIncomingCall(partyOf("+442079460001"), partyOf("8:acs:resource_user")); err != nil {
			t.Error(err)
		}
	})
}

// silent is a webhook that does not answer.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestARepeatedRequestWhoseOriginalIsUnderWay needs the moment between an effect and its answer.
func TestARepeatedRequestWhoseOriginalIsUnderWay(t *testing.T) {
	t.Parallel()
	m := newMemory(time.Now, DefaultRepeatabilityWindow)
	id, body := uuid.NewString(), [32]byte{1}
	if known, failure := m.begin(id, body); known != nil || failure != nil {
		t.Fatalf("the first is carried out: %v, %v", known, failure)
	}
	if _, failure := m.begin(id, body); failure == nil || failure.status != http.StatusConflict || failure.code != "8519" {
		t.Errorf("the second meanwhile: got %v, want 409 8519", failure)
	}
	m.finish(id, &response{status: http.StatusCreated})
	if known, failure := m.begin(id, body); failure != nil || known == nil || known.status != http.StatusCreated {
		t.Errorf("the third afterwards gets the first's answer: %v, %v", known, failure)
	}
}

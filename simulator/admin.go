// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/call-operator/call-operator/acs"
)

// maxJournalWait is how long a request for the journal may wait for the next entry.
const maxJournalWait = 30 * time.Second

// routeAdmin adds the admin API. It is for the user of the simulator, so it is not authenticated.
func (s *Simulator) routeAdmin(mux *http.ServeMux) {
	mux.HandleFunc("GET /_simulator/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /_simulator/journal", s.adminJournal)
	mux.HandleFunc("GET /_simulator/rings", s.adminRings)
	mux.HandleFunc("GET /_simulator/calls", s.adminCalls)
	mux.HandleFunc("GET /_simulator/phones", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"phones": s.Phones()})
	})
	mux.HandleFunc("PUT /_simulator/phones", s.adminSetPhone)
	mux.HandleFunc("GET /_simulator/phones/{phone}/log", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"events": s.PhoneLog(r.PathValue("phone"))})
	})
	mux.HandleFunc("GET /_simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"faults": s.faults.list()})
	})
	mux.HandleFunc("POST /_simulator/faults", s.adminAddFault)
	mux.HandleFunc("DELETE /_simulator/faults", s.adminRemoveFaults)
	mux.HandleFunc("DELETE /_simulator/faults/{id}", s.adminRemoveFaults)
	mux.HandleFunc("PUT /_simulator/access-keys", s.adminSetAccessKeys)
	mux.HandleFunc("PUT /_simulator/subscriptions", s.adminSubscribe)
	mux.HandleFunc("POST /_simulator/incoming-calls", s.adminIncomingCall)
	mux.HandleFunc("POST /_simulator/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/_simulator/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is no %s %s: see the README of the simulator", r.Method, r.URL.Path))
	})
}

func refuse(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

// readAdmin parses a body strictly, so that misspelt fields are reported.
func readAdmin[T any](w http.ResponseWriter, r *http.Request) (T, bool) {
	var body T
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("the body: %w", err))
		return body, false
	}
	return body, true
}

// adminJournal serves the entries after ?since=SEQUENCE. With ?wait=DURATION it waits for one when there is none.
func (s *Simulator) adminJournal(w http.ResponseWriter, r *http.Request) {
	since, wait, err := journalQuery(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	entries, changed := s.journal.since(since)
	if len(entries) == 0 && wait > 0 {
		select {
		case <-changed:
		case <-time.After(wait):
		case <-r.Context().Done():
			return
		}
		entries, _ = s.journal.since(since)
	}
	writeJSON(w, http.StatusOK, map[string]any{"entries": entries})
}

func journalQuery(r *http.Request) (since int64, wait time.Duration, err error) {
	query := r.URL.Query()
	if text := query.Get("since"); text != "" {
		if since, err = strconv.ParseInt(text, 10, 64); err != nil || since < 0 {
			return 0, 0, errors.New("since is the sequence of an entry, such as 17")
		}
	}
	if text := query.Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxJournalWait {
			return 0, 0, fmt.Errorf("wait is a duration of at most %s, such as 5s", maxJournalWait)
		}
	}
	return since, wait, nil
}

func (s *Simulator) adminRings(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"rings": s.journal.allRings()})
}

// CallState is a live connection in the admin API.
type CallState struct {
	ConnectionID  string                  `json:"connectionId"`
	CorrelationID string                  `json:"correlationId"`
	State         acs.CallConnectionState `json:"state"`
	Participants  []string                `json:"participants"`
}

// Calls are the live connections.
func (s *Simulator) Calls() []CallState {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]CallState, 0, len(s.world.legs))
	for _, l := range s.world.legs {
		call := CallState{ConnectionID: l.id, CorrelationID: l.ids.correlation, State: l.state, Participants: []string{}}
		for _, p := range l.conversation.parties {
			call.Participants = append(call.Participants, p.id)
		}
		calls = append(calls, call)
	}
	slices.SortFunc(calls, func(a, b CallState) int { return strings.Compare(a.ConnectionID, b.ConnectionID) })
	return calls
}

func (s *Simulator) adminCalls(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"calls": s.Calls()})
}

func (s *Simulator) adminSetPhone(w http.ResponseWriter, r *http.Request) {
	phone, ok := readAdmin[Phone](w, r)
	if !ok {
		return
	}
	if err := s.SetPhone(phone); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, http.StatusOK, phone)
}

func (s *Simulator) adminAddFault(w http.ResponseWriter, r *http.Request) {
	fault, ok := readAdmin[Fault](w, r)
	if !ok {
		return
	}
	added, err := s.AddFault(fault)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, http.StatusCreated, added)
}

func (s *Simulator) adminRemoveFaults(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.faults.remove(id) && id != "" {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is no fault %q: GET /_simulator/faults lists them", id))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// adminSetAccessKeys replaces the accepted keys.
func (s *Simulator) adminSetAccessKeys(w http.ResponseWriter, r *http.Request) {
	wanted, ok := readAdmin[struct{ Keys []string }](w, r)
	if !ok {
		return
	}
	if err := s.SetAccessKeys(wanted.Keys...); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// adminSubscribe subscribes an endpoint to incoming calls. The URL may contain a secret, so it is not shown
// again.
func (s *Simulator) adminSubscribe(w http.ResponseWriter, r *http.Request) {
	wanted, ok := readAdmin[struct {
		URL    string
		Schema GridSchema
		Filter *EventGridFilter
	}](w, r)
	if !ok {
		return
	}
	if err := s.Subscribe(EventGridSubscription{URL: wanted.URL, Schema: wanted.Schema, Filter: wanted.Filter}); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// adminIncomingCall makes a phone call a number or user of the resource; both are raw IDs.
func (s *Simulator) adminIncomingCall(w http.ResponseWriter, r *http.Request) {
	parties, ok := readAdmin[struct{ From, To string }](w, r)
	if !ok {
		return
	}
	correlationID, err := s.PlaceIncomingCall(partyOf(parties.From), partyOf(parties.To))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, http.StatusCreated, map[string]string{"correlationId": correlationID})
}

// partyOf reads a raw ID, or a number in E.164 form.
func partyOf(text string) acs.Identifier {
	if e164.MatchString(text) {
		return acs.PhoneNumberIdentifier(text)
	}
	return acs.ParseRawID(text)
}

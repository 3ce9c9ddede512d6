// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// maxBody bounds a request's body; the largest real ones hold an incoming call's context of some kB.
	maxBody = 1 << 20

	// earlyTimeout is how long FaultEarly holds an answer back for an event.
	earlyTimeout = 5 * time.Second
)

// apiError is a request that is refused.
type apiError struct {
	status        int
	code, message string
}

// Error names the code and the message.
func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

// routes serves everything that the simulator serves.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+JWKSPath, s.serveKeys)
	mux.HandleFunc("GET "+MetadataPath, s.serveMetadata)
	mux.HandleFunc("/calling/", s.serveOperation)
	s.routeStorage(mux)
	s.routeAdmin(mux)
	return mux
}

// exchange is a request to the REST API and what becomes of it.
type exchange struct {
	operation operation
	ids       []string
	body      []byte
	header    http.Header
	// address is where the simulator was reached.
	address string
	entry   Entry
	// before is the last entry of the journal before the effect.
	before int64
}

// serveOperation serves the REST API.
func (s *Simulator) serveOperation(w http.ResponseWriter, r *http.Request) {
	if id := r.Header.Get("x-ms-client-request-id"); id != "" {
		w.Header().Set("x-ms-client-request-id", id)
	}
	e := &exchange{header: r.Header, address: addressOf(r), entry: Entry{Kind: EntryRequest, Operation: r.Method}}
	result, failure := s.receive(w, r, e)
	if failure != nil {
		result = failure.response()
	}
	e.entry.Status = result.status
	var fault Fault
	if failure == nil {
		fault = s.meetAfter(r, e)
	}
	s.journal.add(e.entry)
	switch e.entry.Fault {
	case FaultDropBefore, FaultDropAfter:
		panic(http.ErrAbortHandler)
	case FaultErrorAfter:
		result = (&apiError{fault.status(), "InternalServerError", "An error after the effect, by a fault."}).response()
	case FaultEarly:
		s.awaitDelivery(r, e, fault.EventType)
	}
	result.write(w)
}

// receive checks a request, meets the faults that come before its effect, and carries it out.
func (s *Simulator) receive(w http.ResponseWriter, r *http.Request, e *exchange) (*response, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, unreadable(err)
	}
	e.body = body
	e.entry.OperationContext = contextIn(body)
	var failure *apiError
	if e.operation, e.ids, failure = route(r); failure != nil {
		return nil, failure
	}
	e.entry.Operation = e.operation.name
	if failure := s.authenticate(r, body); failure != nil {
		return nil, failure
	}
	if failure := s.meetBefore(w, r, e); failure != nil {
		return nil, failure
	}
	return s.carryOut(w, e)
}

// contextIn is the operation context of a request, "" if it has none.
func contextIn(body []byte) string {
	var request struct {
		OperationContext string `json:"operationContext"`
	}
	_ = json.Unmarshal(body, &request)
	return request.OperationContext
}

// addressOf is the URL at which a request reached the simulator, without a path.
func addressOf(r *http.Request) string {
	scheme := cmp.Or(r.URL.Scheme, "http")
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func unreadable(err error) *apiError {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &apiError{http.StatusRequestEntityTooLarge, "8523", "The body is too large."}
	}
	return &apiError{http.StatusBadRequest, "8523", "The body cannot be read."}
}

// meetBefore meets the faults that keep a request from having an effect.
func (s *Simulator) meetBefore(w http.ResponseWriter, r *http.Request, e *exchange) *apiError {
	if fault, met := s.faults.meet([]FaultKind{FaultLatency}, e.operation.name, ""); met {
		select {
		case <-time.After(time.Duration(fault.Delay)):
		case <-r.Context().Done():
		}
	}
	fault, met := s.faults.meet(faultsBefore, e.operation.name, "")
	if !met {
		return nil
	}
	e.entry.Fault = fault.Kind
	switch fault.Kind {
	case FaultThrottle:
		if fault.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(fault.RetryAfter))
		}
		return &apiError{http.StatusTooManyRequests, "8516", "Too many requests, by a fault."}
	case FaultErrorBefore:
		return &apiError{fault.status(), "InternalServerError", "An error before the effect, by a fault."}
	}
	// FaultDropBefore: there is no answer.
	return &apiError{}
}

// meetAfter meets the faults that come after the effect. An answer is held back only for what causes events.
func (s *Simulator) meetAfter(r *http.Request, e *exchange) Fault {
	kinds := faultsAfter
	if r.Method == http.MethodGet || e.entry.Repeated {
		kinds = []FaultKind{FaultErrorAfter, FaultDropAfter}
	}
	fault, met := s.faults.meet(kinds, e.operation.name, "")
	if met {
		e.entry.Fault = fault.Kind
	}
	return fault
}

// carryOut carries out a request, once for each repeatability ID.
func (s *Simulator) carryOut(w http.ResponseWriter, e *exchange) (*response, *apiError) {
	id := ""
	if e.operation.repeatable {
		var failure *apiError
		if id, failure = repeatability(e.header, s.options.Now(), s.options.RepeatabilityWindow); failure != nil {
			s.tellRepeatability(w, e, "rejected")
			return nil, failure
		}
	}
	e.entry.RepeatabilityID = id
	if id != "" && slices.Contains(s.options.ForgottenRepeatability, e.operation.name) {
		s.tellRepeatability(w, e, "accepted")
		return s.perform(e)
	}
	if id != "" {
		known, failure := s.memory.begin(id, fingerprint(e))
		if failure != nil {
			s.tellRepeatability(w, e, "rejected")
			return nil, failure
		}
		s.tellRepeatability(w, e, "accepted")
		if known != nil {
			e.entry.Repeated, e.entry.ConnectionID, e.entry.CorrelationID = true, known.connectionID, known.chainID
			return known, nil
		}
	}
	result, failure := s.perform(e)
	if id != "" {
		s.memory.finish(id, result)
	}
	return result, failure
}

// tellRepeatability sets Repeatability-Result in the answer, for operations whose answers have it.
func (s *Simulator) tellRepeatability(w http.ResponseWriter, e *exchange, result string) {
	if !slices.Contains(s.options.UnconfirmedRepeatability, e.operation.name) {
		w.Header().Set(headerRepeatabilityResult, result)
	}
}

func fingerprint(e *exchange) [sha256.Size]byte {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %q ", e.operation.name, e.ids)
	h.Write(e.body)
	return [sha256.Size]byte(h.Sum(nil))
}

// perform decodes a request and changes the world.
func (s *Simulator) perform(e *exchange) (*response, *apiError) {
	change, failure := e.operation.prepare(e.ids, e.body)
	if failure != nil {
		return nil, failure
	}
	e.before = s.journal.last()
	done, failure := s.do(func(w *world) (answer, *apiError) {
		w.address = e.address
		return change(w)
	})
	if failure != nil {
		return nil, failure
	}
	result := &response{status: done.status, connectionID: done.connectionID, chainID: done.correlationID}
	e.entry.ConnectionID, e.entry.CorrelationID = result.connectionID, result.chainID
	if done.body != nil {
		var err error
		if result.body, err = json.Marshal(done.body); err != nil {
			panic("an answer is always JSON: " + err.Error())
		}
	}
	return result, nil
}

// awaitDelivery waits until an event that the request caused was delivered; of a type, if one is given.
func (s *Simulator) awaitDelivery(r *http.Request, e *exchange, eventType string) {
	late := time.NewTimer(earlyTimeout)
	defer late.Stop()
	seen, caused := e.before, map[string]bool{}
	for {
		entries, changed := s.journal.since(seen)
		for _, entry := range entries {
			if entry.Kind == EntryEvent {
				caused[entry.EventID] = true
			}
			// Event Grid's events are in the journal only when they are delivered.
			if (caused[entry.EventID] || entry.ConnectionID == "") && entry.tellsOf(e.entry, eventType) {
				return
			}
			seen = entry.Sequence
		}
		select {
		case <-changed:
		case <-late.C:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// tellsOf tells whether an entry is the delivery of an event of a request's call. Without a type, an event of the call
// is meant that goes to a callback URI.
func (e Entry) tellsOf(request Entry, eventType string) bool {
	switch {
	case e.Kind != EntryDelivery || e.Status/100 != 2 || e.CorrelationID != request.CorrelationID:
		return false
	case eventType == "":
		return e.ConnectionID != "" && (request.ConnectionID == "" || e.ConnectionID == request.ConnectionID)
	}
	return e.EventType == eventType
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(body)
}

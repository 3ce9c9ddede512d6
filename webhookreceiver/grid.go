// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// grid handles deliveries of Event Grid.
type eventGrid struct {
	keys      callbackurl.Keys
	providers *providers
	reports   telephony.Reports
	incoming  *incomingCalls
	recorded  *recordings
	refusals  *refusals
	// slots is full when maxGridConcurrent deliveries are in progress.
	slots   chan struct{}
	metrics *metrics
	log     logr.Logger
	now     func() time.Time
	// timeout bounds the writes of a delivery.
	timeout time.Duration
}

// serve handles a request in the order of what each step costs and reveals.
func (g *eventGrid) serve(w http.ResponseWriter, r *http.Request, arrived time.Time) response {
	if r.Method != http.MethodPost && r.Method != http.MethodOptions {
		return notAllowed("OPTIONS, POST")
	}
	namespace, name, err := callbackurl.ParseEventGridPath(r.URL.EscapedPath())
	if err != nil {
		return response{code: http.StatusNotFound, reason: "path", unread: true}
	}
	genuine := func(token string) bool { return g.keys.VerifyEventGrid(namespace, name, token) }
	if refusal := checkToken(gridToken(r), genuine); refusal != nil {
		return *refusal
	}
	v := responseTo(errOverloaded).unreadBody()
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
		v = g.admit(w, r, types.NamespacedName{Namespace: namespace, Name: name}, arrived)
	default:
	}
	return v.forEventGrid().about(callbackurl.Target{Kind: "callproviders", Namespace: namespace, Name: name})
}

// gridToken is the token in the URL, or else in the header.
func gridToken(r *http.Request) string {
	if token := r.URL.Query().Get(callbackurl.TokenParameter); token != "" {
		return token
	}
	return r.Header.Get(callbackurl.TokenHeader)
}

// admit handles a request with a genuine token.
func (g *eventGrid) admit(w http.ResponseWriter, r *http.Request, name types.NamespacedName, arrived time.Time) response {
	provider, err := g.providers.get(r.Context(), name)
	if err != nil {
		return responseTo(err).unreadBody()
	}
	// It is not documented whether Event Grid sends a token of Entra ID when it asks for consent. Consent reveals
	// nothing: the events themselves need the token.
	if r.Method == http.MethodOptions {
		if header := g.reports.Consent(r.Header); header != nil {
			return response{code: http.StatusOK, reason: "consent", unread: true, header: header}
		}
		return response{code: http.StatusBadRequest, reason: "origin", unread: true}
	}
	if err := g.reports.AuthenticateIncoming(r.Context(), provider, r.Header); err != nil {
		g.refusals.unauthenticated(provider, v1alpha1.ConditionIncomingCallsRefused, err)
		return responseTo(err).unreadBody()
	}
	body, refusal := readBody(w, r, maxGridBodyBytes)
	if refusal != nil {
		return *refusal
	}
	return g.take(r.Context(), provider, body, arrived)
}

// take records the events in the API server. A faulty event does not affect the others.
func (g *eventGrid) take(ctx context.Context, provider *v1alpha1.CallProvider, body []byte, arrived time.Time) response {
	incoming, err := g.reports.DecodeIncoming(body)
	if err != nil {
		return response{code: http.StatusBadRequest, reason: "body_malformed"}
	}
	// A sender that disconnects must not leave a Call without its Secret.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.timeout)
	defer cancel()
	outcomes := make([]outcome, len(incoming))
	var group errgroup.Group
	group.SetLimit(parallelEvents)
	for i, one := range incoming {
		group.Go(func() error {
			outcomes[i] = g.handle(ctx, provider, one, arrived)
			return nil
		})
	}
	_ = group.Wait()
	for i, o := range outcomes {
		if incoming[i].Recording != nil {
			g.recorded.note(o)
			continue
		}
		g.note(fromEventGrid, provider, incoming[i].Call, o)
	}
	v := answerTo(outcomes)
	if v.reason == string(gridRecorded) {
		g.metrics.recordedAfter(g.now().Sub(arrived))
	}
	return v
}

// handle handles one event.
func (g *eventGrid) handle(ctx context.Context, provider *v1alpha1.CallProvider, one telephony.IncomingReport, arrived time.Time) outcome {
	switch {
	case one.Malformed:
		return outcome{result: gridMalformed}
	case one.Answer != nil:
		return outcome{result: gridValidated, answer: one.Answer}
	case one.Recording != nil:
		return g.recorded.record(ctx, provider, one.Recording, arrived)
	case one.Call == nil:
		return outcome{result: gridUnknownType}
	}
	o, err := safely(func() (outcome, error) { return g.incoming.record(ctx, provider, one.Call, arrived), nil })
	if err != nil {
		return outcome{result: gridFailed, err: err}
	}
	return o
}

// incomingSource is how something reports incoming calls.
type incomingSource struct {
	// metric is the source's name in metrics.
	metric string
	// givenUp is what the log says of an event that cannot be recorded.
	givenUp string
	// malformed is what the provider's owner is told of such an event; %s is its result.
	malformed string
}

var (
	fromEventGrid = incomingSource{
		metric: sourceEventGrid, givenUp: "an event of Event Grid cannot be recorded and was given up",
		malformed: "events of Event Grid are not what the service documents (%s). Does the subscription deliver anything but Microsoft.Communication.IncomingCall of this resource?",
	}
	fromStream = incomingSource{
		metric: sourceStream, givenUp: "an incoming call that a service reported on its connection cannot be recorded and was given up",
		malformed: "what the service reports of them is not enough for a Call (%s). Does its dialplan pass on the number that was called?",
	}
)

// note counts the result of an event, and logs what may need a person's attention, without any event data. There is a call unless
// the result says otherwise.
func (g *eventGrid) note(source incomingSource, provider *v1alpha1.CallProvider, call *telephony.IncomingCall, o outcome) {
	switch o.result {
	case gridUnknownType:
		g.metrics.events.WithLabelValues("unknown", string(resultUnknownType)).Inc()
		return
	case gridValidated:
		return
	}
	g.metrics.incoming.WithLabelValues(string(o.result)).Inc()
	if why, ok := recordRefusal(source, o); ok {
		g.refusals.refused(provider, v1alpha1.ConditionIncomingCallsRefused, why)
	}
	if o.result == gridRecorded || o.result == gridLate {
		g.refusals.taken(provider, v1alpha1.ConditionIncomingCallsRefused)
	}
	if o.result == gridRecorded {
		g.metrics.written(source.metric, call.Time, g.now())
	}
	if !o.result.refused() {
		return
	}
	log := g.log.WithValues("namespace", provider.Namespace, "provider", provider.Name, "reason", o.result)
	if o.err != nil {
		log = log.WithValues("name", nameOf(call.ID), "cause", describe(o.err))
	}
	log.Error(nil, source.givenUp)
}

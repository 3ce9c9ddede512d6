// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// GridSchema is the schema of Event Grid events.
type GridSchema string

// The schemas.
const (
	GridSchemaEventGrid   GridSchema = "eventgrid"
	GridSchemaCloudEvents GridSchema = "cloudevents"
)

// EventGridSubscription is a webhook for incoming calls.
type EventGridSubscription struct {
	// URL is where events are posted; it may contain a secret.
	URL string
	// Schema is GridSchemaEventGrid when unset.
	Schema GridSchema
	// Header are delivery headers, which may hold secrets.
	Header http.Header
	// Filter says which events the webhook receives: all when unset. The handshake is not filtered.
	Filter *EventGridFilter
}

func (s EventGridSubscription) validate() error {
	parsed, err := url.Parse(s.URL)
	switch {
	case err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("an Event Grid endpoint is a URL such as https://receiver.example.test/v1/event-grid")
	case s.Schema != "" && s.Schema != GridSchemaEventGrid && s.Schema != GridSchemaCloudEvents:
		return fmt.Errorf("the schema of Event Grid events is %s or %s, not %q", GridSchemaEventGrid, GridSchemaCloudEvents, s.Schema)
	}
	return s.Filter.validate(s.Schema)
}

// conflicts tells whether a URL is subscribed twice, and filtered.
func (s EventGridSubscription) conflicts(other EventGridSubscription) bool {
	return s.URL == other.URL && (s.Filter != nil || other.Filter != nil)
}

const (
	// gridOrigin is the origin that Event Grid sends; its value is assumed.
	gridOrigin = "eventgrid.azure.net"

	// maxAnswer limits how much of a webhook's answer is read.
	maxAnswer = 64 << 10

	// introductionPause is how long an endpoint that did not agree is left alone; it doubles up to the longest.
	introductionPause        = 500 * time.Millisecond
	longestIntroductionPause = 30 * time.Second

	gridTopic = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/simulated/providers/microsoft.communication/communicationservices/"
)

// DefaultEventGridRetries are the pauses before an event is delivered again. Two tries are what the service's guide recommends for
// incoming calls. Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
var DefaultEventGridRetries = []time.Duration{10 * time.Second}

// grid is Event Grid: the subscribers to incoming calls. An endpoint receives nothing before it has agreed.
type grid struct {
	courier *courier

	mu        sync.Mutex
	endpoints []*endpoint
}

// endpoint is a subscription, and whether it was agreed to.
type endpoint struct {
	EventGridSubscription
	agreed bool
}

// subscribe adds an endpoint, and repeats the handshake until it agrees. An existing one gets the filter and is otherwise
// unchanged.
func (g *grid) subscribe(subscription EventGridSubscription) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := slices.IndexFunc(g.endpoints, func(e *endpoint) bool { return e.URL == subscription.URL }); known >= 0 {
		g.endpoints[known].Filter = subscription.Filter
		return
	}
	added := &endpoint{EventGridSubscription: subscription}
	g.endpoints = append(g.endpoints, added)
	g.courier.spawn(func() { g.introduce(added, subscription, introductionPause) })
}

func (g *grid) introduce(e *endpoint, subscription EventGridSubscription, pause time.Duration) {
	c := g.courier
	err := c.handshake(subscription)
	if c.ctx.Err() != nil {
		return
	}
	entry := Entry{Kind: EntrySubscription, Status: http.StatusOK}
	if err != nil {
		entry.Status, entry.Error = 0, err.Error()
	}
	if err == nil {
		g.agree(e)
	}
	c.journal.add(entry)
	if err != nil {
		next := min(2*pause, longestIntroductionPause)
		c.after(pause, func() { g.introduce(e, subscription, next) })
	}
}

func (g *grid) agree(e *endpoint) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e.agreed = true
}

// all are the endpoints as they are now.
func (g *grid) all() []endpoint {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]endpoint, len(g.endpoints))
	for i, e := range g.endpoints {
		all[i] = *e
	}
	return all
}

// announcement is an event for the subscribers of Event Grid.
type announcement struct {
	// kind is the type without its prefix.
	kind, subject, correlationID string
	data                         any
}

// announcement tells of an incoming call.
func (r *ring) announcement() *announcement {
	return &announcement{
		kind: "IncomingCall", subject: "/caller/" + r.from.ID() + "/recipient/" + r.to.ID(), correlationID: r.ids.correlation,
		data: acs.IncomingCall{
			To: acs.ParseRawID(r.to.ID()), From: acs.ParseRawID(r.from.ID()), ServerCallID: r.ids.server,
			CallerDisplayName: r.displayName, IncomingCallContext: acs.NewSecret(r.context), CorrelationID: r.ids.correlation,
			CustomContext: r.custom,
		},
	}
}

// announce sends an event to every endpoint that agreed and whose filter it passes.
func (c *courier) announce(what *announcement) {
	for _, e := range c.grid.all() {
		if !e.agreed {
			c.options.Log.Info("An Event Grid endpoint did not agree yet, so it is not told of an event", "type", what.kind)
			continue
		}
		event := c.gridEvent(e.EventGridSubscription, what)
		if excluded := e.excludes(event); excluded != "" {
			c.journal.add(Entry{Kind: EntryFiltered, EventType: event.kind, EventID: event.id, CorrelationID: event.correlationID, Filter: excluded})
			continue
		}
		c.send(event)
	}
}

// excludes is the part of the subscription's filter that an event does not pass; empty if it passes.
func (s EventGridSubscription) excludes(event *outgoing) string {
	if s.Filter == nil {
		return ""
	}
	// In the Event Grid schema it is an array of one.
	var events [1]map[string]any
	var into any = &events
	if s.Schema == GridSchemaCloudEvents {
		into = &events[0]
	}
	if err := json.Unmarshal(event.body, into); err != nil {
		panic("an event is always JSON: " + err.Error())
	}
	return s.Filter.excludedBy(events[0])
}

func (c *courier) gridEvent(subscription EventGridSubscription, what *announcement) *outgoing {
	id := uuid.NewString()
	body, contentType := gridEvent(subscription.Schema, id, eventPrefix+what.kind, what.subject, c.options.ResourceID, c.options.Now(), what.data)
	header := subscription.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", contentType)
	if subscription.Schema == GridSchemaCloudEvents {
		header.Set("WebHook-Request-Origin", gridOrigin)
	} else {
		header.Set("aeg-event-type", "Notification")
	}
	return &outgoing{
		stream: "eventgrid " + id, group: "eventgrid " + subscription.URL, uri: subscription.URL, header: header, retries: c.options.EventGridRetries,
		kind: what.kind, id: id, body: body, correlationID: what.correlationID,
	}
}

// gridEvent encodes an event in a schema: an array of one in the Event Grid schema, a single CloudEvent otherwise.
func gridEvent(schema GridSchema, id, kind, subject, resource string, at time.Time, data any) (body []byte, contentType string) {
	event := map[string]any{"id": id, "subject": subject, "data": data}
	var whole any = event
	if schema == GridSchemaCloudEvents {
		event["source"], event["type"], event["time"], event["specversion"] = gridTopic+resource, kind, gridTime(at), "1.0"
		contentType = "application/cloudevents+json"
	} else {
		event["topic"], event["eventType"], event["eventTime"] = gridTopic+resource, kind, gridTime(at)
		event["dataVersion"], event["metadataVersion"] = "1.0", "1"
		whole, contentType = []any{event}, "application/json"
	}
	body, err := json.Marshal(whole)
	if err != nil {
		panic("an event is always JSON: " + err.Error())
	}
	return body, contentType
}

// handshake asks an endpoint whether it wants events. Errors hold no part of the URL.
func (c *courier) handshake(subscription EventGridSubscription) error {
	if subscription.Schema == GridSchemaCloudEvents {
		return c.handshakeCloudEvents(subscription)
	}
	code := uuid.NewString()
	body, contentType := gridEvent(GridSchemaEventGrid, uuid.NewString(), acs.EventGridTypeSubscriptionValidation, "",
		c.options.ResourceID, c.options.Now(), map[string]any{"validationCode": code})
	response, err := c.ask(subscription, http.MethodPost, body, http.Header{
		"Content-Type": {contentType}, "Aeg-Event-Type": {"SubscriptionValidation"},
	})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var answered struct {
		ValidationResponse string `json:"validationResponse"`
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the endpoint answered the validation with %d instead of 200", response.StatusCode)
	}
	if json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&answered) != nil || answered.ValidationResponse != code {
		return errors.New("the endpoint did not answer the validation with its code")
	}
	return nil
}

// handshakeCloudEvents is the abuse protection of CloudEvents.
// Source: https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema.
func (c *courier) handshakeCloudEvents(subscription EventGridSubscription) error {
	response, err := c.ask(subscription, http.MethodOptions, nil, http.Header{
		"Webhook-Request-Origin": {gridOrigin}, "Webhook-Request-Rate": {"120"},
	})
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	allowed := response.Header.Get("WebHook-Allowed-Origin")
	if response.StatusCode != http.StatusOK || allowed != gridOrigin && allowed != "*" {
		return fmt.Errorf("the endpoint answered OPTIONS with %d and did not allow the origin", response.StatusCode)
	}
	return nil
}

func (c *courier) ask(subscription EventGridSubscription, method string, body []byte, header http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(c.ctx, method, subscription.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the endpoint's URL cannot be used")
	}
	maps.Copy(request.Header, subscription.Header)
	maps.Copy(request.Header, header)
	response, err := c.options.Client.Do(request)
	if err != nil {
		return nil, errors.New("the endpoint does not answer")
	}
	return response, nil
}

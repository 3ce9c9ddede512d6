// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// errOfAnother says that an object is not the provider's whose service reports on it.
var errOfAnother = errors.New("the object belongs to another provider")

// streams serve the connections that services open to report on them. Which replica has one does not matter: what it reports is
// written as any callback is.
type streams struct {
	server *Server
	served telephony.Streams

	presence *presence
	// patience is how long everything may take after the stop.
	patience time.Duration
	// over ends when the process stops, and the connections with it: the services connect again, to another replica. lost ends later:
	// what is not written by then is lost.
	over, lost   context.Context
	stop, giveUp context.CancelFunc

	mu sync.Mutex
	// open are the connections. None is added after the stop.
	open sync.WaitGroup
}

// streamPatience is above recordTimeout, which limits one write.
const streamPatience = recordTimeout + 5*time.Second

func newStreams(config Config, server *Server) *streams {
	s := &streams{server: server, served: config.Streams, presence: newPresence(config), patience: streamPatience}
	s.over, s.stop = context.WithCancel(context.Background())
	s.lost, s.giveUp = context.WithCancel(context.Background())
	return s
}

// serve handles a request to open a connection.
func (s *streams) serve(w http.ResponseWriter, r *http.Request) {
	namespace, name, err := callbackurl.ParseStreamPath(r.URL.EscapedPath())
	if err != nil {
		s.server.answer(w, response{code: http.StatusNotFound, reason: "path", unread: true})
		return
	}
	target := callbackurl.Target{Kind: "callproviders", Namespace: namespace, Name: name}
	_, password, _ := r.BasicAuth()
	genuine := func(token string) bool { return s.server.keys.VerifyStream(namespace, name, token) }
	if refusal := checkToken(password, genuine); refusal != nil {
		s.server.answer(w, refusal.about(target))
		return
	}
	provider := types.NamespacedName{Namespace: namespace, Name: name}
	if _, err := s.server.providers.get(r.Context(), provider); err != nil {
		refusal := responseTo(err).unreadBody().about(target)
		refusal.failed = "a service's connection for its reports was not taken"
		if errors.Is(err, errProviderMissing) {
			// The service tries again every second: that would fill the log.
			refusal.err = nil
		}
		s.server.answer(w, refusal)
		return
	}
	if !s.begin() {
		s.server.answer(w, response{code: http.StatusServiceUnavailable, reason: "stopping", unread: true})
		return
	}
	defer s.open.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.over, cancel)()
	log := s.server.log.WithValues("namespace", namespace, "provider", name)
	s.open.Go(func() { s.presence.keep(ctx, s.over, provider) })
	log.Info("a service reports on a connection")
	s.served.Serve(w, r.WithContext(ctx), &sink{server: s.server, provider: provider, lost: s.lost, log: log})
	log.Info("the connection on which a service reported is closed")
}

// begin counts a connection, unless the process stops.
func (s *streams) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over.Err() != nil {
		return false
	}
	s.open.Add(1)
	return true
}

// drain closes all connections, and returns when what they reported is written, or patience is over.
func (s *streams) drain() {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	defer time.AfterFunc(s.patience, func() { s.giveUp() }).Stop()
	s.open.Wait()
}

// sink records what one provider's service reports on a connection. It implements telephony.Sink.
type sink struct {
	server   *Server
	provider types.NamespacedName
	// lost ends when what is not written is lost: the process stops.
	lost context.Context
	log  logr.Logger
}

// Record implements telephony.Sink.
func (k *sink) Record(ctx context.Context, target callbackurl.Target, event telephony.Event) error {
	return k.insist(ctx, event, func(context.Context) (callbackurl.Target, error) { return target, nil })
}

// RecordRingOver implements telephony.Sink.
func (k *sink) RecordRingOver(ctx context.Context, incoming *telephony.IncomingCall, event telephony.Event) error {
	return k.insist(ctx, event, func(ctx context.Context) (callbackurl.Target, error) {
		return k.server.eventGrid.incoming.target(ctx, k.provider, incoming)
	})
}

// insist tries until the event is recorded or never can be, or the process stops.
func (k *sink) insist(ctx context.Context, event telephony.Event, find func(context.Context) (callbackurl.Target, error)) error {
	ctx, cancel := k.untilLost(ctx)
	defer cancel()
	arrived := k.server.now()
	for backoff := newBackoff(); ; {
		results, err := k.record(ctx, find, report{event: event, source: sourceStream, arrived: arrived})
		if errors.Is(err, errGone) {
			results, err = []result{resultGone}, nil
		}
		if err == nil {
			k.server.acknowledge(callback{arrived: arrived}, []report{{event: event, arrived: arrived}}, results, 0)
			return nil
		}
		if isFinal(err) || errors.Is(err, errOfAnother) || !pause(ctx, &backoff) {
			return err
		}
	}
}

func (k *sink) record(ctx context.Context, find func(context.Context) (callbackurl.Target, error), r report) ([]result, error) {
	target, err := find(ctx)
	if err != nil {
		return nil, err
	}
	recorder, known := k.server.recorders[target.Kind]
	if !known || target.Namespace != k.provider.Namespace {
		return nil, errOfAnother
	}
	object, err := recorder.find(ctx, target)
	if err != nil {
		return nil, err
	}
	name, err := recorder.provider(ctx, object)
	switch {
	case err != nil:
		return nil, err
	case name != k.provider:
		return nil, errOfAnother
	}
	return k.server.batcher.submit(ctx, &job{recorder: recorder, object: object, reports: []report{r}})
}

// RecordIncoming implements telephony.Sink.
func (k *sink) RecordIncoming(ctx context.Context, incoming *telephony.IncomingCall) error {
	ctx, cancel := k.untilLost(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, v1alpha1.IncomingCallRing)
	defer cancel()
	arrived := k.server.now()
	provider, err := k.readProvider(ctx)
	if err != nil {
		return err
	}
	grid := k.server.eventGrid
	o := grid.incoming.record(ctx, provider, incoming, arrived)
	grid.note(fromStream, provider, incoming, o)
	return o.err
}

// readProvider returns the provider as it is now: it may have changed since the connection was opened.
func (k *sink) readProvider(ctx context.Context) (*v1alpha1.CallProvider, error) {
	for backoff := newBackoff(); ; {
		provider, err := k.server.providers.get(ctx, k.provider)
		if err == nil || isFinal(err) || errors.Is(err, errProviderMissing) || !pause(ctx, &backoff) {
			return provider, err
		}
	}
}

// untilLost is a context for writes: the connection may end meanwhile.
func (k *sink) untilLost(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(k.lost, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// Failed implements telephony.Sink.
func (k *sink) Failed(what string, err error) {
	k.log.Info("something that a service reported was not taken", "step", what, "cause", describe(err))
}

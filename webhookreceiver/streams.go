// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

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

	// open are the connections, which end when the process stops: the services connect again, to another replica.
	open sync.WaitGroup
	stop context.CancelFunc
	over context.Context
}

func newStreams(server *Server, served telephony.Streams) *streams {
	over, stop := context.WithCancel(context.Background())
	return &streams{server: server, served: served, over: over, stop: stop}
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
	provider, err := s.server.providers.get(r.Context(), types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		refusal := verdictOn(err).unreadBody().about(target)
		if errors.Is(err, errProviderMissing) {
			// The service tries again every second: that would fill the log.
			refusal.err = nil
		}
		s.server.answer(w, refusal)
		return
	}
	s.open.Add(1)
	defer s.open.Done()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.over, cancel)()
	log := s.server.log.WithValues("namespace", namespace, "provider", name)
	log.Info("a service reports on a connection")
	s.served.Serve(w, r.WithContext(ctx), &sink{server: s.server, provider: provider, log: log})
	log.Info("the connection on which a service reported is closed")
}

// drain closes all connections, and returns when what they reported is written.
func (s *streams) drain() {
	s.stop()
	s.open.Wait()
}

// sink records what one provider's service reports on a connection. It implements telephony.Sink.
type sink struct {
	server   *Server
	provider *v1alpha1.CallProvider
	log      logr.Logger
}

// Record implements telephony.Sink. It tries until the event is recorded or never can be.
func (k *sink) Record(ctx context.Context, target callbackurl.Target, event telephony.Event) error {
	// The connection may end while it is written.
	ctx = context.WithoutCancel(ctx)
	arrived := k.server.now()
	for backoff := newBackoff(); ; {
		results, err := k.record(ctx, target, report{event: event, arrived: arrived})
		if err == nil {
			k.server.acknowledge(callback{target: target, arrived: arrived}, []report{{event: event, arrived: arrived}}, results, 0)
			return nil
		}
		if isFinal(err) || errors.Is(err, errOfAnother) || !pause(ctx, &backoff) {
			return err
		}
	}
}

func (k *sink) record(ctx context.Context, target callbackurl.Target, r report) ([]result, error) {
	recorder, known := k.server.recorders[target.Kind]
	if !known || target.Namespace != k.provider.Namespace {
		return nil, errOfAnother
	}
	object, err := recorder.find(ctx, target)
	if errors.Is(err, errGone) {
		return []result{resultGone}, nil
	}
	if err != nil {
		return nil, err
	}
	name, err := recorder.provider(ctx, object)
	switch {
	case err != nil:
		return nil, err
	case name != client.ObjectKeyFromObject(k.provider):
		return nil, errOfAnother
	}
	return k.server.batcher.submit(ctx, &job{recorder: recorder, object: object, reports: []report{r}})
}

// RecordIncoming implements telephony.Sink.
func (k *sink) RecordIncoming(ctx context.Context, incoming *telephony.IncomingCall) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), v1alpha1.IncomingCallRing)
	defer cancel()
	grid := k.server.eventGrid
	o := grid.incoming.record(ctx, k.provider, incoming, k.server.now())
	grid.note(k.provider, incoming, o)
	return o.err
}

// Failed implements telephony.Sink.
func (k *sink) Failed(what string, err error) {
	k.log.Info("something that a service reported was not taken", "step", what, "cause", describe(err))
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
	"github.com/call-operator/call-operator/telephony/asterisk"
	"github.com/call-operator/call-operator/telephony/asterisk/reports"
	"github.com/call-operator/call-operator/telephony/telephonytest"
	"github.com/call-operator/call-operator/test/asterisk/pbx"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	telephonytest.Conformance(t, newWorld)
}

// newWorld is a real Asterisk that reports to a receiver of its events.
func newWorld(t *testing.T) telephonytest.World {
	reported, connected := &telephonytest.Reported{}, make(chan struct{})
	streams := &reports.Reports{Now: time.Now}
	sink := &sink{reported: reported}
	first := sync.OnceFunc(func() { close(connected) })
	var receiver *httptest.Server
	t.Cleanup(func() { receiver.Close() })
	receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first()
		streams.Serve(w, r, sink)
	}))
	p := pbx.New(t, pbx.Options{Events: &pbx.Events{URL: "ws" + strings.TrimPrefix(receiver.URL, "http"), Username: "asterisk", Password: "any"}})
	select {
	case <-connected:
	case <-time.After(time.Minute):
		t.Fatal("Asterisk did not connect to the receiver")
	}
	provider := &v1alpha1.CallProvider{Spec: v1alpha1.CallProviderSpec{Asterisk: &v1alpha1.AsteriskProvider{
		URL: p.URL(), Application: pbx.Application, Endpoint: "PJSIP/$(number)@trunk",
	}}}
	credentials := map[string][]byte{"username": []byte(pbx.Username), "password": []byte(p.Password())}
	service, _, err := (&asterisk.Adapter{}).Connect(provider, credentials, telephonytest.NoObserver())
	if err != nil {
		t.Fatal(err)
	}
	return telephonytest.World{
		Service: service, From: "+14255550100", Answers: "+14255550200", AlsoAnswers: "+14255550201", Rings: "+14255550180",
		Busy: "+14255550486", Declines: "+14255550603",
		RingsOf:  func(number v1alpha1.PhoneNumber) int { return p.Invites(string(number)) },
		Reported: reported,
	}
}

// sink keeps what Asterisk reports.
type sink struct{ reported *telephonytest.Reported }

// Record implements telephony.Sink.
func (s *sink) Record(_ context.Context, _ callbackurl.Target, event telephony.Event) error {
	s.reported.Add(event)
	return nil
}

// RecordIncoming implements telephony.Sink.
func (*sink) RecordIncoming(context.Context, *telephony.IncomingCall) error { return nil }

// RecordRingOver implements telephony.Sink.
func (*sink) RecordRingOver(context.Context, *telephony.IncomingCall, telephony.Event) error {
	return nil
}

// Failed implements telephony.Sink. A request on a WebSocket that has just been closed fails, which is no fault.
func (*sink) Failed(string, error) {}

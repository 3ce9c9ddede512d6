// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/simulator"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
	"github.com/call-operator/call-operator/telephony/acs/reports"
	"github.com/call-operator/call-operator/telephony/telephonytest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	telephonytest.Conformance(t, newWorld)
}

// newWorld is the simulator with a webhook that decodes its callbacks.
func newWorld(t *testing.T) telephonytest.World {
	const (
		from, answers, alsoAnswers = "+14255550100", "+14255550120", "+14255550121"
		rings, busy, declines      = "+14255550130", "+14255550140", "+14255550141"
	)
	key := base64.StdEncoding.EncodeToString([]byte("a key of the simulator's resource"))
	soon := &simulator.After{After: simulator.Duration(20 * time.Millisecond)}
	sim, err := simulator.New(simulator.Options{
		AccessKey: key,
		Phones: []simulator.Phone{
			{Number: answers, Answer: soon}, {Number: alsoAnswers, Answer: soon}, {Number: rings, NoAnswer: &struct{}{}},
			{Number: busy, Busy: soon}, {Number: declines, Decline: soon},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	reported := &telephonytest.Reported{}
	webhook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		events, _, err := (&reports.Reports{}).DecodeEvents(body)
		if err != nil {
			t.Errorf("a callback cannot be decoded: %v", err)
		}
		for _, event := range events {
			reported.Add(event)
		}
	}))
	t.Cleanup(func() {
		sim.Close()
		server.Close()
		webhook.Close()
	})
	adapter := &telephonyacs.Adapter{AllowHTTP: true, Now: time.Now, Transport: telephonyacs.NewTransport()}
	provider := &v1alpha1.CallProvider{Spec: v1alpha1.CallProviderSpec{ACS: &v1alpha1.ACSProvider{
		ConnectionStringSecretRef: &v1alpha1.SecretKeyReference{Name: "acs", Key: "connectionString"},
	}}}
	credentials := map[string][]byte{"connectionString": []byte("endpoint=" + server.URL + "/;accesskey=" + key)}
	service, _, err := adapter.Connect(provider, credentials, telephonytest.NoObserver())
	if err != nil {
		t.Fatal(err)
	}
	return telephonytest.World{
		Service: service, From: from, Answers: answers, AlsoAnswers: alsoAnswers, Rings: rings, Busy: busy, Declines: declines,
		RingsOf: func(number v1alpha1.PhoneNumber) int {
			return sim.Rings(acs.PhoneNumberIdentifier(string(number)).RawID)
		},
		Reported: reported, CallbackURL: webhook.URL,
	}
}

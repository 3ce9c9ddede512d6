// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/acs"
	"github.com/call-operator/call-operator/simulator"
)

// TestHeadersGoWithACall: the called side gets the headers that the caller's side sent.
func TestHeadersGoWithACall(t *testing.T) {
	t.Parallel()
	f := serve(t, resource(simulator.GridSchemaEventGrid))
	f.agreed(1)
	want := &acs.CustomCallingContext{SIPHeaders: acs.Headers{"X-Ticket": "4711"}, VoIPHeaders: acs.Headers{"customer": "42"}}
	request := acs.CreateCallRequest{
		Targets: []acs.Identifier{number(inbound)}, CallbackURI: f.webhook + "/callbacks",
		SourceCallerIDNumber: &acs.PhoneNumber{Value: owned}, CustomCallingContext: want,
	}
	if _, err := f.client.CreateCall(f.Context(), request, repeat()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, f.incoming(1, "4:"+inbound).CustomContext); diff != "" {
		t.Errorf("what came with the call (-want +got):\n%s", diff)
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package policies

import (
	"bytes"
	"strings"
	"testing"
)

// TestAppliedCallsWarn: applying a Call with a time to live gives a warning that its record is kept; the Call is still created.
func TestAppliedCallsWarn(t *testing.T) {
	t.Parallel()
	install(t)
	kubectl := plane.KubectlAs(t, "an-applier", "system:masters")
	in := namespace(t, "+")
	manifest := func(name, timeToLive string) string {
		return "{apiVersion: call-operator.dev/v1alpha1, kind: Call, metadata: {namespace: " + in + ", name: " + name + "}, " +
			"spec: {providerRef: {name: acs}, to: {communicationUser: '8:acs:r_u'}" + timeToLive + "}}"
	}
	const warning = "the record of an applied object is kept for a day"
	cases := []struct {
		name, reason, timeToLive string
		arguments                []string
		warns                    bool
	}{
		{"applied", "it would be created again", ", ttlSecondsAfterFinished: 60", []string{"apply", "-f", "-"}, true},
		{"applied-on-the-server", "it would be created again", ", ttlSecondsAfterFinished: 60", []string{"apply", "--server-side", "-f", "-"}, true},
		{"applied-and-kept", "it is kept for as long as it says", ", ttlSecondsAfterFinished: 86400", []string{"apply", "-f", "-"}, false},
		{"applied-for-ever", "it is kept anyway", "", []string{"apply", "-f", "-"}, false},
		{"created", "nobody creates it again", ", ttlSecondsAfterFinished: 60", []string{"create", "-f", "-"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			command := kubectl.Command(t, manifest(c.name, c.timeToLive), c.arguments...)
			var said bytes.Buffer
			command.Stderr = &said
			if err := command.Run(); err != nil {
				t.Fatalf("%v: %s", err, said.String())
			}
			if strings.Contains(said.String(), warning) != c.warns {
				t.Errorf("%s: kubectl said %q", c.reason, said.String())
			}
		})
	}
}

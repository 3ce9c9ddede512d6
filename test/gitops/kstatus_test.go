// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
)

// TestKstatus: what kstatus, and with it Flux, makes of each state.
func TestKstatus(t *testing.T) {
	t.Parallel()
	for _, s := range states(t) {
		t.Run(s.name, func(t *testing.T) {
			got, err := status.Compute(asSent(t, s.object))
			if err != nil {
				t.Fatal(err)
			}
			if got.Status != s.want {
				t.Errorf("%s: kstatus says %s (%s), want %s", s.reason, got.Status, got.Message, s.want)
			}
		})
	}
}

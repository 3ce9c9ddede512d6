// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callmetrics

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/internal/version"
)

// buildInfo reports the running build.
func buildInfo() prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "call_operator_build_info",
		Help: "Always 1, labelled with the version, the commit and the Go version of the build.",
	}, []string{"version", "revision", "goversion"})
	info.WithLabelValues(version.Version(), version.Revision(), runtime.Version()).Set(1)
	return info
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callmetrics

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/call-operator/call-operator/internal/version"
)

// buildInfo tells which build runs.
func buildInfo() prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "call_operator_build_info",
		Help: "1, with the version, the commit and the version of Go that the process was built from.",
	}, []string{"version", "revision", "goversion"})
	info.WithLabelValues(version.Version(), version.Revision(), runtime.Version()).Set(1)
	return info
}

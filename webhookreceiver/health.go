// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"io"
	"net/http"
	"sync/atomic"
)

// health answers the kubelet. A receiver is healthy while it runs, and ready while it accepts callbacks: from when
// its caches have synced until it is asked to stop.
type health struct {
	ready atomic.Bool
}

func (h *health) setReady(ready bool) { h.ready.Store(ready) }

func (h *health) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !h.ready.Load() {
			http.Error(w, "not ready: the caches have not caught up yet, or the receiver is stopping", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux
}

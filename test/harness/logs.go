// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/call-operator/call-operator/internal/logging"
)

// logTap is what every process of this binary logs to.
var logTap = &tap{}

// tap records log lines while it is open.
type tap struct {
	open atomic.Bool

	mu   sync.Mutex
	text strings.Builder
}

func (l *tap) write(prefix, args string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(prefix + " " + args + "\n")
}

func (l *tap) logger() logr.Logger {
	all := funcr.New(l.write, funcr.Options{Verbosity: logging.MaxVerbosity})
	return logr.New(&tapped{LogSink: all.GetSink(), tap: l})
}

// tapped passes on what is logged while its tap is open, and has nothing put into words before.
type tapped struct {
	logr.LogSink
	tap *tap
}

// Enabled implements logr.LogSink.
func (s *tapped) Enabled(level int) bool { return s.tap.open.Load() && s.LogSink.Enabled(level) }

// Error implements logr.LogSink. logr asks Enabled about everything but errors.
func (s *tapped) Error(err error, message string, keysAndValues ...any) {
	if s.tap.open.Load() {
		s.LogSink.Error(err, message, keysAndValues...)
	}
}

// WithValues implements logr.LogSink.
func (s *tapped) WithValues(keysAndValues ...any) logr.LogSink {
	return &tapped{LogSink: s.LogSink.WithValues(keysAndValues...), tap: s.tap}
}

// WithName implements logr.LogSink.
func (s *tapped) WithName(name string) logr.LogSink {
	return &tapped{LogSink: s.LogSink.WithName(name), tap: s.tap}
}

// KeepLogs has everything kept that any process of this binary logs from now on, at every level that a command takes.
func KeepLogs() {
	logTap.open.Store(true)
}

// Logs are what was kept.
func Logs() string {
	logTap.mu.Lock()
	defer logTap.mu.Unlock()
	return logTap.text.String()
}

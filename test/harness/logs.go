// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/call-operator/call-operator/internal/logging"
)

// logTap is what every process of this binary logs to.
var logTap = &tap{}

// tap keeps what is logged while it is open.
type tap struct {
	mu   sync.Mutex
	open bool
	text strings.Builder
}

func (l *tap) write(prefix, args string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		l.text.WriteString(prefix + " " + args + "\n")
	}
}

func (l *tap) logger() logr.Logger {
	return funcr.New(l.write, funcr.Options{Verbosity: logging.MaxVerbosity})
}

// KeepLogs has everything kept that any process of this binary logs from now on, at every level that a command takes.
func KeepLogs() {
	logTap.mu.Lock()
	defer logTap.mu.Unlock()
	logTap.open = true
}

// Logs are what was kept.
func Logs() string {
	logTap.mu.Lock()
	defer logTap.mu.Unlock()
	return logTap.text.String()
}

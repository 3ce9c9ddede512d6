// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"strings"
	"sync"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// logVerbosity is beyond what anybody logs at.
const logVerbosity = 10

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
	return funcr.New(l.write, funcr.Options{Verbosity: logVerbosity})
}

// KeepLogs has everything kept that any process of this binary logs from now on, at every level.
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

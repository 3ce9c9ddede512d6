// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package logging creates the logger of the commands.
package logging

import (
	"fmt"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// MaxVerbosity is the highest verbosity that a command accepts. Above it client-go logs request bodies, including phone
// numbers and Secrets.
const MaxVerbosity = 5

// NewOptions are the options that flags may change.
func NewOptions() zap.Options {
	return zap.Options{TimeEncoder: zapcore.RFC3339TimeEncoder}
}

// New returns the logger, or an error when the options ask for more than may be logged.
func New(options zap.Options) (logr.Logger, error) {
	if options.Level != nil && options.Level.Enabled(zapcore.Level(-MaxVerbosity-1)) {
		return logr.Logger{}, fmt.Errorf("--zap-log-level must be at most %d: above that, request bodies would be logged, with phone numbers and Secrets in them", MaxVerbosity)
	}
	log := zap.New(zap.UseFlagOptions(&options))
	return log.WithSink(quietInTerminating{log.GetSink()}), nil
}

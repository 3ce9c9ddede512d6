// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// quietInTerminating is a sink that drops errors about creating objects in a namespace that is being deleted. client-go logs
// one for each Event that it cannot create there.
type quietInTerminating struct{ logr.LogSink }

func (s quietInTerminating) Error(err error, message string, keysAndValues ...any) {
	if !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		s.LogSink.Error(err, message, keysAndValues...)
		return
	}
	if s.Enabled(1) {
		s.Info(1, message, append(keysAndValues, "cause", err.Error())...)
	}
}

func (s quietInTerminating) WithValues(keysAndValues ...any) logr.LogSink {
	return quietInTerminating{s.LogSink.WithValues(keysAndValues...)}
}

func (s quietInTerminating) WithName(name string) logr.LogSink {
	return quietInTerminating{s.LogSink.WithName(name)}
}

// WithCallDepth implements logr.CallDepthLogSink.
func (s quietInTerminating) WithCallDepth(depth int) logr.LogSink {
	if inner, ok := s.LogSink.(logr.CallDepthLogSink); ok {
		return quietInTerminating{inner.WithCallDepth(depth)}
	}
	return s
}

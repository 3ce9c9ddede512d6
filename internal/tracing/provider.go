// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/call-operator/call-operator/internal/version"
)

// flushTimeout limits how long an exiting process waits to export its last spans.
const flushTimeout = 5 * time.Second

// NewProvider returns a provider whose spans have the IDs that this package derives.
func NewProvider(options ...sdktrace.TracerProviderOption) *sdktrace.TracerProvider {
	return sdktrace.NewTracerProvider(append(options, sdktrace.WithIDGenerator(idGenerator{}))...)
}

// FromEnvironment returns the provider configured by OpenTelemetry's environment variables, and its shutdown function.
// Without an endpoint it is nil.
func FromEnvironment(ctx context.Context, service string, log logr.Logger) (trace.TracerProvider, func(), error) {
	if !wanted(os.Getenv) {
		return nil, func() {}, nil
	}
	if err := checkProtocol(os.Getenv); err != nil {
		return nil, nil, err
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Info("spans could not be exported", "cause", err.Error()) }))
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the export of traces: %w", err)
	}
	// The resource from the environment comes last, so it takes precedence.
	described, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("service.version", version.Version())), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := NewProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))
	return provider, func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Info("the last spans could not be exported", "cause", err.Error())
		}
	}, nil
}

// wanted tells whether traces are enabled.
func wanted(env func(string) string) bool {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	return env("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// checkProtocol refuses an unsupported protocol, which the exporter would ignore.
func checkProtocol(env func(string) string) error {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		switch protocol := env(name); protocol {
		case "":
		case "http/protobuf":
			return nil
		default:
			return fmt.Errorf("%s is %q: only http/protobuf is supported; the collector's port for it is usually 4318", name, protocol)
		}
	}
	return nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/call-operator/call-operator/internal/callbackurl"
)

// Defaults of Options.
const (
	// DefaultListenAddress is reachable from this machine only: whoever opens the receiver to others says so.
	DefaultListenAddress = "127.0.0.1:8080"
	// DefaultGracePeriod is how long requests under way may take when the receiver stops. It is below the 30 seconds
	// after which Kubernetes kills a container.
	DefaultGracePeriod = 20 * time.Second
)

// Options say how Run serves. Fields without "optional" are needed.
type Options struct {
	// ListenAddress is where callbacks arrive, as HOST:PORT.
	ListenAddress string
	// TLSCertFile and TLSKeyFile are optional: with both, callbacks are served over https, and files that change are
	// read again. Without them something in front of the receiver has to end TLS.
	TLSCertFile, TLSKeyFile string
	// HealthAddress serves /healthz and /readyz, MetricsAddress serves /metrics. Both are optional: empty
	// or 0 is off.
	HealthAddress, MetricsAddress string

	// CallbackKeyFile holds the keys of the callback URLs; see callbackurl.ParseKeys. It is read once.
	CallbackKeyFile string
	// Issuer, JWKSURL and EntraURL are optional; see Config.
	Issuer, JWKSURL, EntraURL string
	// AllowHTTP permits http:// in these URLs anywhere; see Config.
	AllowHTTP bool

	// Namespaces are those whose objects may be reported on; none means all of them. This is optional.
	Namespaces []string

	// DrainDelay is how long callbacks are still taken after the receiver has stopped being ready, so that whoever
	// sends them here hears of it first. This is optional.
	DrainDelay time.Duration
	// GracePeriod is how long requests under way may take after that.
	GracePeriod time.Duration

	// Now is optional; it is the clock.
	Now func() time.Time

	// Registry collects the metrics. This is optional: without it there is a new one.
	Registry interface {
		prometheus.Registerer
		prometheus.Gatherer
	}
	// Traces takes the spans, from a provider of package tracing. This is optional.
	Traces trace.TracerProvider
	// Log is optional.
	Log logr.Logger

	// Started is optional. It is called once callbacks are taken, with the addresses in use, which tell the port
	// where an option left it open.
	Started func(Addresses)
}

// Addresses are where a running receiver listens; nil where it does not.
type Addresses struct {
	Callbacks, Health, Metrics net.Addr
}

// validate finds what is wrong before anything is started.
func (o *Options) validate() error {
	switch {
	case o.ListenAddress == "" || o.ListenAddress == "0":
		return errors.New("there is no address to listen on: set it to HOST:PORT, such as " + DefaultListenAddress)
	case o.CallbackKeyFile == "":
		return errors.New("the callback key file is not set: name the file that the manager takes its callback keys from")
	case (o.TLSCertFile == "") != (o.TLSKeyFile == ""):
		return errors.New("set both the TLS certificate and its key, or neither")
	case o.GracePeriod <= 0:
		return errors.New("the grace period must be longer than nothing")
	case o.DrainDelay < 0:
		return errors.New("the drain delay must not be negative")
	}
	return nil
}

// readKeys reads the key file. The keys are in no error.
func readKeys(file string) (callbackurl.Keys, error) {
	contents, err := os.ReadFile(file)
	if err != nil {
		return callbackurl.Keys{}, fmt.Errorf("reading the callback keys: %w", err)
	}
	keys, err := callbackurl.ParseKeys(contents)
	if err != nil {
		return callbackurl.Keys{}, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}

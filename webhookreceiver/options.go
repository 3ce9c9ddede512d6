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
	// DefaultListenAddress is reachable from this machine only: opening the receiver to others has to be explicit.
	DefaultListenAddress = "127.0.0.1:8080"
	// DefaultGracePeriod is how long pending requests may take when the receiver stops. It is below the 30 seconds
	// after which Kubernetes kills a container.
	DefaultGracePeriod = 20 * time.Second
)

// Options configure Run. Fields without "optional" are required.
type Options struct {
	// ListenAddress is where callbacks arrive, as HOST:PORT.
	ListenAddress string
	// TLSCertFile and TLSKeyFile are optional: with both, callbacks are served over https, and changed files are
	// reloaded. Without them a proxy in front of the receiver has to terminate TLS.
	TLSCertFile, TLSKeyFile string
	// HealthAddress serves /healthz and /readyz, MetricsAddress serves /metrics. Both are optional: empty
	// or 0 is off.
	HealthAddress, MetricsAddress string

	// CallbackKeyFile has the keys of the callback URLs; see callbackurl.ParseKeys. It is read once.
	CallbackKeyFile string
	// Issuer, JWKSURL and EntraURL are optional; see reports.Config of package telephony/acs/reports.
	Issuer, JWKSURL, EntraURL string
	// AllowHTTP permits http:// in these URLs anywhere; see there.
	AllowHTTP bool

	// Namespaces are those whose objects may be reported on; none means all of them. This is optional.
	Namespaces []string

	// DrainDelay is how long callbacks are still accepted after the receiver has become unready, so that load
	// balancers notice first. This is optional.
	DrainDelay time.Duration
	// GracePeriod is how long pending requests may take after that.
	GracePeriod time.Duration

	// Now is optional; it is the clock.
	Now func() time.Time

	// Registry registers the metrics. This is optional: without it a new one is created.
	Registry interface {
		prometheus.Registerer
		prometheus.Gatherer
	}
	// Traces receives the spans, from a provider of package tracing. This is optional.
	Traces trace.TracerProvider
	// Log is optional.
	Log logr.Logger

	// Started is optional. It is called once callbacks are accepted, with the addresses in use, including a port
	// that was chosen automatically.
	Started func(Addresses)
}

// Addresses are the addresses of a running receiver; nil for disabled ones.
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

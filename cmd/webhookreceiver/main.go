// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// For --extra-ca-file; see internal/authorities.
//go:debug x509usefallbackroots=1

// Command webhookreceiver receives a telephony service's reports about calls and writes them to status. See
// package webhookreceiver.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/call-operator/call-operator/internal/authorities"
	"github.com/call-operator/call-operator/internal/clock"
	"github.com/call-operator/call-operator/internal/logging"
	"github.com/call-operator/call-operator/internal/namespacescope"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/internal/version"
	"github.com/call-operator/call-operator/webhookreceiver"
)

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "webhookreceiver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("webhookreceiver", flag.ExitOnError)
	config.RegisterFlags(flags)
	logOptions := logging.NewOptions()
	logOptions.BindFlags(flags)
	options := bindFlags(flags)
	authoritiesFile := flags.String(authorities.Flag, "",
		"File with certificates of additional authorities to trust, in PEM, such as that of a proxy. It is read at the start.")
	showVersion := flags.Bool("version", false, "Print the version and exit.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *showVersion {
		fmt.Println("webhookreceiver", version.String())
		return nil
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: use flags only, see --help", flags.Arg(0))
	}
	log, err := logging.New(logOptions)
	if err != nil {
		return err
	}
	ctrl.SetLogger(log)
	if err := authorities.Trust(*authoritiesFile); err != nil {
		return err
	}
	options.Log = ctrl.Log.WithName("webhookreceiver")
	// controller-runtime's registry, since client-go counts its requests there.
	options.Registry = ctrlmetrics.Registry

	options.Log.Info("starting", "version", version.Version(), "revision", version.Revision())
	kubernetes, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the Kubernetes API: %w (set --kubeconfig or KUBECONFIG, or run in a cluster)", err)
	}
	traces, stopTraces, err := tracing.FromEnvironment(ctx, "call-operator-webhookreceiver", ctrl.Log.WithName("tracing"))
	if err != nil {
		return err
	}
	defer stopTraces()
	options.Traces, options.Now = traces, clock.Now
	return webhookreceiver.Run(ctx, kubernetes, *options)
}

// bindFlags returns options that parsing the flags fills in.
func bindFlags(flags *flag.FlagSet) *webhookreceiver.Options {
	o := &webhookreceiver.Options{}
	flags.StringVar(&o.ListenAddress, "listen", webhookreceiver.DefaultListenAddress,
		"Where callbacks arrive, as HOST:PORT.")
	flags.StringVar(&o.TLSCertFile, "tls-cert", "",
		"File with the certificate, in PEM, to serve callbacks over https. It is read again when it changes. Unset, a proxy in front of the receiver must terminate TLS.")
	flags.StringVar(&o.TLSKeyFile, "tls-key", "",
		"File with the key of the certificate, in PEM.")
	flags.StringVar(&o.MetricsAddress, "metrics-bind-address", "127.0.0.1:8083",
		"Where /metrics is served, as HOST:PORT; 0 turns it off.")
	flags.StringVar(&o.HealthAddress, "health-probe-bind-address", "127.0.0.1:8084",
		"Where /healthz and /readyz are served, as HOST:PORT; 0 turns them off.")
	flags.StringVar(&o.CallbackKeyFile, "callback-key-file", "",
		"File with the keys of the callback URLs, the same as for the manager: one base64 key of at least 32 bytes per line, the newest first. It is read at the start.")
	flags.StringVar(&o.Issuer, "acs-issuer", "",
		"Issuer of callback tokens, for all providers with a resource ID. Empty means the issuer of the Azure cloud of each provider's endpoint.")
	flags.StringVar(&o.JWKSURL, "acs-jwks-url", "",
		"URL of that issuer's keys, for all providers: https, or http on a loopback address. Empty means the keys of each provider's cloud.")
	flags.StringVar(&o.EntraURL, "entra-url", "",
		"URL of Entra ID, which issues the tokens of Event Grid deliveries, for all providers that require one. Empty means the URL of each provider's cloud.")
	flags.BoolVar(&o.AllowHTTP, "allow-http-issuers", false,
		"Permit http:// in --acs-jwks-url and --entra-url, for the simulator. An attacker on the network can then forge callbacks.")
	flags.Func("watch-namespaces", "Namespaces to watch, separated by commas. Empty means all.",
		func(list string) (err error) { o.Namespaces, err = namespacescope.Parse(list); return err })
	flags.DurationVar(&o.DrainDelay, "drain-delay", 0,
		"How long the receiver still accepts callbacks after it was asked to stop and is no longer ready. In a cluster, 5s gives load balancers time to notice.")
	flags.DurationVar(&o.GracePeriod, "grace-period", webhookreceiver.DefaultGracePeriod,
		"How long requests in progress may take after that.")
	return o
}

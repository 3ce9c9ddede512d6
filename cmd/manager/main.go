// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// For --extra-ca-file; see internal/authorities.
//go:debug x509usefallbackroots=1

// Command manager places, follows and ends the phone calls that Call objects describe.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"

	ctrl "sigs.k8s.io/controller-runtime"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/call-operator/call-operator/controllers"
	"github.com/call-operator/call-operator/internal/authorities"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/clock"
	"github.com/call-operator/call-operator/internal/logging"
	"github.com/call-operator/call-operator/internal/namespacescope"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/internal/version"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// gcPercent lets the heap grow by half between collections. Most of the heap is the cache of Calls, which is never
// garbage, so the runtime's default would waste that much memory again. GOGC in the environment takes precedence.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

func run() error {
	var keyFile string
	logOptions := logging.NewOptions()
	authoritiesFile := flag.String(authorities.Flag, "", "file with certificates of additional authorities to trust, in PEM, such as that of a proxy; read at the start")
	showVersion := flag.Bool("version", false, "print the version and exit")
	options := bindFlags(flag.CommandLine, &keyFile)
	logOptions.BindFlags(flag.CommandLine)
	flag.Parse()
	if *showVersion {
		fmt.Println("manager", version.String())
		return nil
	}
	log, err := logging.New(logOptions)
	if err != nil {
		return err
	}
	ctrl.SetLogger(log)
	if err := check(*options, keyFile, inCluster()); err != nil {
		return err
	}
	if err := authorities.Trust(*authoritiesFile); err != nil {
		return err
	}
	content, err := os.ReadFile(keyFile)
	if err != nil {
		return fmt.Errorf("read --callback-key-file: %w", err)
	}
	if options.CallbackKeys, err = callbackurl.ParseKeys(content); err != nil {
		return fmt.Errorf("read --callback-key-file: %w", err)
	}
	log.Info("starting", "version", version.Version(), "revision", version.Revision())
	// controller-runtime's registry, since that is what it serves.
	options.Registry = ctrlmetrics.Registry
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the API server: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	traces, stopTraces, err := tracing.FromEnvironment(ctx, "call-operator-manager", ctrl.Log.WithName("tracing"))
	if err != nil {
		return err
	}
	defer stopTraces()
	options.Traces, options.Now = traces, clock.Now
	return controllers.Run(ctx, restConfig, *options)
}

// bindFlags returns options that the flags set.
func bindFlags(flags *flag.FlagSet, keyFile *string) *controllers.Options {
	options := &controllers.Options{}
	flags.StringVar(keyFile, "callback-key-file", "", "file with the keys that sign callback URLs, one base64 key per line, the newest first (required)")
	flags.BoolVar(&options.AllowHTTP, "allow-http-endpoints", false, "permit http:// in CallProviders, for the simulator; ACS itself speaks https only")
	flags.BoolVar(&options.AllowShortNumbers, "allow-short-numbers", false, "call numbers that are too short to be subscriber numbers, such as emergency numbers written as +112")
	flags.Func(telephonyacs.IdentityFlag, "namespaces whose CallProviders may use the manager's workload identity, each with the host of the endpoint, as NAMESPACE/HOST, separated by commas; * matches any namespace or host. None by default",
		func(list string) error {
			grants, err := telephonyacs.ParseIdentityGrants(list)
			options.Identity = append(options.Identity, grants...)
			return err
		})
	flags.DurationVar(&options.PollInterval, "poll-interval", controllers.DefaultPollInterval, "how often to ask ACS about a connected call, in case its callbacks are lost")
	flags.IntVar(&options.Concurrency, "concurrency", controllers.DefaultConcurrency, "how many Calls, and how many moves, to reconcile concurrently")
	flags.Func("watch-namespaces", "namespaces to watch, separated by commas; all when empty",
		func(list string) (err error) { options.Namespaces, err = namespacescope.Parse(list); return err })
	flags.BoolVar(&options.LeaderElection, "leader-elect", true, "run only one of several replicas at a time; use false only for a single manager outside of a cluster")
	flags.StringVar(&options.LeaderElectionNamespace, "leader-election-namespace", "", "namespace of the Lease; the manager's own when empty")
	flags.StringVar(&options.MetricsAddress, "metrics-bind-address", "127.0.0.1:8081", "address for metrics; 0 for none")
	flags.StringVar(&options.HealthAddress, "health-probe-bind-address", "127.0.0.1:8082", "address for /healthz and /readyz; 0 for none")
	return options
}

// namespaceFile tells a Pod its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func inCluster() bool {
	_, err := os.Stat(namespaceFile)
	return err == nil
}

func check(options controllers.Options, keyFile string, inCluster bool) error {
	switch {
	case keyFile == "":
		return errors.New("--callback-key-file is missing: create a key with `openssl rand -base64 32` and give the webhook receiver the same file")
	case options.PollInterval <= 0:
		return errors.New("--poll-interval must be positive, such as 2m")
	case options.Concurrency <= 0:
		return errors.New("--concurrency must be positive")
	case options.LeaderElection && options.LeaderElectionNamespace == "" && !inCluster:
		return errors.New("--leader-elect needs a namespace for its Lease outside of a cluster: set --leader-election-namespace, or --leader-elect=false if no other manager runs")
	}
	return nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/call"
	"github.com/call-operator/call-operator/controllers/dialout"
	"github.com/call-operator/call-operator/controllers/flow"
	"github.com/call-operator/call-operator/controllers/operation"
	"github.com/call-operator/call-operator/controllers/provider"
	"github.com/call-operator/call-operator/controllers/route"
	"github.com/call-operator/call-operator/controllers/shared/access"
	"github.com/call-operator/call-operator/controllers/shared/metrics"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/cachetransform"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/namespacescope"
	"github.com/call-operator/call-operator/internal/tracing"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
	"github.com/call-operator/call-operator/telephony/asterisk"
)

// Options configure the manager.
type Options struct {
	// CallbackKeys sign the callback URLs; the webhook receiver has the same.
	CallbackKeys callbackurl.Keys
	// AllowHTTP permits http:// endpoints and callback URLs, for the simulator.
	AllowHTTP bool
	// Identity says which namespaces may use the manager's workload identity, and at which hosts.
	Identity telephonyacs.IdentityGrants
	// PollInterval is how often a connected call is polled.
	PollInterval time.Duration
	// Concurrency is how many Calls, and how many moves, are reconciled at once.
	Concurrency int
	// AllowShortNumbers permits calls to numbers that are too short for a subscriber number, such as emergency numbers.
	AllowShortNumbers bool
	// Namespaces are the namespaces to watch; none means all. One without permissions is skipped.
	Namespaces []string
	// LeaderElection makes only one of several replicas work; LeaderElectionNamespace is the namespace of its Lease.
	LeaderElection          bool
	LeaderElectionNamespace string
	// MetricsAddress and HealthAddress are listened on; "0" is none.
	MetricsAddress, HealthAddress string
	// Transport sends requests to ACS; nil is NewTransport.
	Transport telephony.Transport
	// Registry registers the metrics; nil uses a private registry.
	Registry prometheus.Registerer
	// Traces receives the spans, from a provider of package tracing; nil creates none.
	Traces trace.TracerProvider
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// Defaults of Options.
const (
	DefaultPollInterval = 2 * time.Minute
	DefaultConcurrency  = 32

	leaderElectionID = "manager.call-operator.dev"
)

// Scheme knows the kinds that the operator reads and writes.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return scheme, v1alpha1.AddToScheme(scheme)
}

// watched are the kinds that the manager watches.
var watched = []string{"calls", "callactions", "callflows", "callproviders", "callroutes", "dialouts", "participantmoves"}

// Run runs the manager until ctx is done.
func Run(ctx context.Context, restConfig *rest.Config, options Options) error {
	scope, err := namespacescope.Find(ctx, restConfig, options.Namespaces, watched, ctrl.Log.WithName("manager"))
	if err != nil {
		return err
	}
	options.Namespaces = scope.Namespaces
	ctx = scope.Follow(ctx)
	return namespacescope.Outcome(ctx, run(ctx, restConfig, options))
}

func run(ctx context.Context, restConfig *rest.Config, options Options) error {
	mgr, err := newManager(restConfig, options)
	if err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	if options.Transport == nil {
		options.Transport = telephonyacs.NewTransport()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	secrets, err := newDirectClient(mgr)
	if err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	metrics, err := metrics.SetUp(ctx, mgr, options.Registry, options.Now)
	if err != nil {
		return fmt.Errorf("set up the metrics: %w", err)
	}
	tracer := tracing.New(options.Traces)
	connections := &access.Connections{
		Adapter: telephony.Adapters{
			"acs":      &telephonyacs.Adapter{AllowHTTP: options.AllowHTTP, Identity: options.Identity, Now: options.Now, Transport: options.Transport},
			"asterisk": &asterisk.Adapter{},
		},
		Providers: mgr.GetClient(), Secrets: secrets, AllowHTTP: options.AllowHTTP, Now: options.Now, Metrics: metrics, Tracer: tracer,
	}
	slots := call.NewAdmission(options.Namespaces...)
	slots.Endpoint = call.EndpointOf(mgr.GetClient(), connections)
	if err := mgr.Add(manager.RunnableFunc(func(ctx context.Context) error { return slots.Run(ctx, mgr.GetAPIReader()) })); err != nil {
		return fmt.Errorf("set up the dial queue: %w", err)
	}
	base := func() once.Base {
		return once.Base{
			Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("call-operator"),
			Connections: connections, CallbackKeys: options.CallbackKeys, AllowShortNumbers: options.AllowShortNumbers,
			Concurrency: options.Concurrency, Metrics: metrics, Tracer: tracer, Now: options.Now, NewID: uuid.NewString,
		}
	}
	calls := &call.Reconciler{
		Base: base(), Secrets: secrets, Admission: slots, PollInterval: options.PollInterval,
	}
	if err := calls.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of Calls: %w", err)
	}
	providers := &provider.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("call-operator"), Connections: connections, Now: options.Now,
	}
	if err := providers.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of CallProviders: %w", err)
	}
	routes := &route.Reconciler{
		Client: mgr.GetClient(), Recorder: mgr.GetEventRecorder("call-operator"), AllowShortNumbers: options.AllowShortNumbers, Now: options.Now,
	}
	if err := routes.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of CallRoutes: %w", err)
	}
	flows := &flow.Checker{Client: mgr.GetClient(), Recorder: mgr.GetEventRecorder("call-operator"), Now: options.Now}
	if err := flows.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of CallFlows: %w", err)
	}
	moves := &operation.Reconciler{Base: base(), Kind: operation.Moves}
	actions := &operation.Reconciler{Base: base(), Kind: operation.Actions}
	for _, r := range []*operation.Reconciler{moves, actions} {
		if err := r.SetupWithManager(mgr); err != nil {
			return fmt.Errorf("set up the controller of %ss: %w", r.Kind.Name(), err)
		}
	}
	runner := &flow.Runner{Base: base(), Actions: actions}
	if err := runner.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the runner of CallFlows: %w", err)
	}
	dialOuts := &dialout.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Objects: secrets, Recorder: mgr.GetEventRecorder("call-operator"),
		AllowShortNumbers: options.AllowShortNumbers, Now: options.Now,
	}
	if err := dialOuts.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("set up the controller of DialOuts: %w", err)
	}
	return mgr.Start(ctx)
}

// newDirectClient creates a client without a cache. It is for Secrets, which the manager may get and delete, but not
// watch: with the manager's own client even a write would start a watch.
func newDirectClient(mgr ctrl.Manager) (client.Client, error) {
	return client.New(mgr.GetConfig(), client.Options{HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper()})
}

func newManager(restConfig *rest.Config, options Options) (ctrl.Manager, error) {
	scheme, err := Scheme()
	if err != nil {
		return nil, err
	}
	restConfig = rest.CopyConfig(restConfig)
	// No client-side limit: concurrency, and API priority and fairness in the server, limit the manager. The default of
	// 20 requests a second would delay calls for no reason.
	restConfig.QPS = -1
	mgr, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme: scheme,
		Cache:  cacheOptions(options.Namespaces),
		Client: client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		// Names of controllers are for metrics; tests run several managers in one process.
		Controller:              config.Controller{SkipNameValidation: ptr.To(true)},
		Metrics:                 metricsserver.Options{BindAddress: options.MetricsAddress},
		HealthProbeBindAddress:  options.HealthAddress,
		LeaderElection:          options.LeaderElection,
		LeaderElectionID:        leaderElectionID,
		LeaderElectionNamespace: options.LeaderElectionNamespace,
		// A process that stops releases the Lease at once, and does nothing after that.
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	return mgr, mgr.AddReadyzCheck("ping", healthz.Ping)
}

// cacheOptions drop unused fields from the cache.
func cacheOptions(namespaces []string) cache.Options {
	options := cache.Options{DefaultTransform: cachetransform.TransformForManager}
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

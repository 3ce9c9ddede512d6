// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/internal/useractions"
)

// probePath is a path that the webhook receiver answers with 405 and "Allow: POST", whoever asks.
const probePath = "v1/callbacks/probe"

// providers checks each CallProvider of the namespace.
func (p *patient) providers(ctx context.Context) []finding {
	var providers v1alpha1.CallProviderList
	if err := p.client.List(ctx, &providers, client.InNamespace(p.namespace)); err != nil {
		return []finding{{"providers", unknown, explainList(err, "CallProviders", p.namespace).Error()}}
	}
	if len(providers.Items) == 0 {
		return []finding{{"providers", broken, fmt.Sprintf("There is no CallProvider in the namespace %s: without one, nothing can be called.", p.namespace)}}
	}
	calls, err := listCalls(ctx, p.client, p.namespace, "")
	var routes v1alpha1.CallRouteList
	// A user without permission to list routes gets what the Calls show.
	_ = p.client.List(ctx, &routes, client.InNamespace(p.namespace))
	urls := p.callbackURLs(ctx, providers.Items)
	var findings []finding
	for i := range providers.Items {
		provider := &providers.Items[i]
		findings = append(findings, providerReady(provider))
		findings = append(findings, refusals(provider)...)
		findings = append(findings, urls[i]...)
		findings = append(findings, incoming(provider, calls, routes.Items))
		if err == nil {
			findings = append(findings, slots(provider, calls))
		}
	}
	return findings
}

func providerReady(provider *v1alpha1.CallProvider) finding {
	check := "provider " + provider.Name
	switch ready := meta.FindStatusCondition(provider.Status.Conditions, v1alpha1.ConditionReady); {
	case ready == nil || provider.Status.ObservedGeneration != provider.Generation:
		return finding{check, broken, "The manager has not looked at it, or not since it was changed: does the manager run, and does it watch this namespace?"}
	case ready.Status == "True":
		return finding{check, wellFound, ready.Message}
	default:
		return finding{check, broken, ready.Reason + ": " + ready.Message}
	}
}

// callbackURLs checks the callback URL of each provider, all at once, so that one that does not answer keeps no time from
// the others.
func (p *patient) callbackURLs(ctx context.Context, providers []v1alpha1.CallProvider) [][]finding {
	findings := make([][]finding, len(providers))
	var asked sync.WaitGroup
	for i := range providers {
		asked.Go(func() { findings[i] = p.callbackURL(ctx, &providers[i]) })
	}
	asked.Wait()
	return findings
}

// callbackURL checks that the URL that the service is given leads to the webhook receiver.
func (p *patient) callbackURL(ctx context.Context, provider *v1alpha1.CallProvider) []finding {
	check := "callback URL of " + provider.Name
	base, err := url.Parse(provider.Spec.CallbackURL)
	if err != nil {
		return []finding{{check, broken, "spec.callbackURL cannot be read: " + err.Error()}}
	}
	answering, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	answer, err := get(answering, p.web, base.JoinPath(probePath).String())
	if errors.Is(err, context.DeadlineExceeded) {
		return []finding{{check, broken, fmt.Sprintf("%s does not answer within %s, as seen from this machine. Is there a firewall in between?", base, p.patience)}}
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) && ofCluster(base.Hostname()) {
		return []finding{{check, unknown, fmt.Sprintf("%s is a name of the cluster, which this machine does not know: only a simulator in the cluster calls back there.", base)}}
	}
	doubt := callbackurl.Doubt(provider.Spec.CallbackURL)
	if err != nil {
		return []finding{{check, broken, strings.TrimSpace(fmt.Sprintf("%s does not answer, as seen from this machine: %v. %s", base, err, doubt))}}
	}
	found := finding{check, wellFound, fmt.Sprintf("%s leads to the webhook receiver, as seen from this machine.", base)}
	switch {
	case answer.code != http.StatusMethodNotAllowed || answer.header.Get("Allow") != http.MethodPost:
		found = finding{check, broken, fmt.Sprintf("%s answers, but not as the webhook receiver does (%s): does it lead there, with all paths below it?", base, answer.status)}
	case isPrivate(base.Hostname()):
		found.Verdict, found.Message = doubtful, found.Message+" The name is one of this machine or of a private network: only a simulator calls back there."
	case base.Scheme != "https":
		found.Verdict, found.Message = broken, found.Message+" The service calls back to https only."
	case doubt != "":
		found.Verdict, found.Message = doubtful, found.Message+" "+doubt
	}
	return []finding{found, p.clock("clock of the receiver", answer)}
}

// ofCluster tells whether a host is a Service by its name within its cluster.
func ofCluster(host string) bool {
	return strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

func isPrivate(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".local") || ofCluster(host) ||
		address != nil && (address.IsLoopback() || address.IsPrivate())
}

// incoming says what can be seen of the way that incoming calls take. The subscription itself is Azure's.
func incoming(provider *v1alpha1.CallProvider, calls []v1alpha1.Call, routes []v1alpha1.CallRoute) finding {
	check := "incoming calls of " + provider.Name
	if provider.Spec.IncomingCalls == nil {
		return finding{check, doubtful, "It receives none: set spec.incomingCalls to receive them."}
	}
	var last time.Time
	for i := range calls {
		inbound := calls[i].Spec.Inbound
		if inbound != nil && calls[i].Spec.ProviderRef.Name == provider.Name && inbound.ReceivedTime.After(last) {
			last = inbound.ReceivedTime.Time
		}
	}
	// The Calls of calls that are over go by their ttlSecondsAfterFinished; what a route took stays on its record.
	for i := range routes {
		taken := routes[i].Status.LastTakenTime
		if taken != nil && routes[i].Spec.ProviderRef.Name == provider.Name && taken.After(last) {
			last = taken.Time
		}
	}
	if last.IsZero() {
		return finding{check, unknown, fmt.Sprintf("None has come yet. Whether Event Grid is subscribed only Azure knows; the URL for it is what kubectl call event-grid-url %s prints.", provider.Name)}
	}
	return finding{check, wellFound, "The last one that is on record came at " + last.UTC().Format(time.RFC3339) + ", so Event Grid was subscribed then."}
}

// slots says which numbers are full.
func slots(provider *v1alpha1.CallProvider, calls []v1alpha1.Call) finding {
	check := "numbers of " + provider.Name
	if len(provider.Spec.Numbers) == 0 {
		return finding{check, doubtful, "It has none, and so can call users only: add them to spec.numbers."}
	}
	pointers := make([]*v1alpha1.Call, len(calls))
	for i := range calls {
		pointers[i] = &calls[i]
	}
	var uses []string
	full := false
	for _, use := range useractions.Use(provider, pointers) {
		full = full || use.Used >= use.Limit && use.Waiting > 0
		uses = append(uses, fmt.Sprintf("%s has %d of %d calls, %d wait", use.Number, use.Used, use.Limit, use.Waiting))
	}
	found := finding{check, wellFound, strings.Join(slices.Clip(uses), "; ") + "."}
	if full {
		found.Verdict = doubtful
	}
	return found
}

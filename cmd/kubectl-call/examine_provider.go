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

// probePath is a path that the webhook receiver answers with 405 and "Allow: POST" for every client.
const probePath = "v1/callbacks/probe"

// providers checks each CallProvider of the namespace.
func (p *installation) providers(ctx context.Context) []finding {
	var providers v1alpha1.CallProviderList
	if err := p.client.List(ctx, &providers, client.InNamespace(p.namespace)); err != nil {
		return []finding{{"providers", resultUnknown, explainList(err, "CallProviders", p.namespace).Error()}}
	}
	if len(providers.Items) == 0 {
		return []finding{{"providers", resultBroken, fmt.Sprintf("There is no CallProvider in the namespace %s: without one, no call can be placed.", p.namespace)}}
	}
	calls, err := listCalls(ctx, p.client, p.namespace, "")
	var routes v1alpha1.CallRouteList
	// For a user who may not list routes, only the Calls are checked.
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
		return finding{check, resultBroken, "The manager has not reconciled it since its last change: does the manager run, and does it watch this namespace?"}
	case ready.Status == "True" && ready.Reason == v1alpha1.ReasonNoEvents:
		return finding{check, resultWarning, ready.Message}
	case ready.Status == "True":
		return finding{check, resultOK, ready.Message}
	default:
		return finding{check, resultBroken, ready.Reason + ": " + ready.Message}
	}
}

// callbackURLs checks the callback URLs of all providers concurrently, so that one that does not answer does not delay
// the others.
func (p *installation) callbackURLs(ctx context.Context, providers []v1alpha1.CallProvider) [][]finding {
	findings := make([][]finding, len(providers))
	var asked sync.WaitGroup
	for i := range providers {
		asked.Go(func() { findings[i] = p.callbackURL(ctx, &providers[i]) })
	}
	asked.Wait()
	return findings
}

// callbackURL checks that the callback URL reaches the webhook receiver. A service that needs none has nothing to check.
func (p *installation) callbackURL(ctx context.Context, provider *v1alpha1.CallProvider) []finding {
	if provider.Spec.CallbackURL == "" && provider.Spec.ACS == nil {
		return nil
	}
	check := "callback URL of " + provider.Name
	if provider.Spec.Asterisk != nil {
		// Asterisk opens a WebSocket instead. Whether it has one is in the condition Ready.
		return nil
	}
	base, err := url.Parse(provider.Spec.CallbackURL)
	if err != nil {
		return []finding{{check, resultBroken, "spec.callbackURL cannot be read: " + err.Error()}}
	}
	answering, cancel := context.WithTimeout(ctx, p.urlTimeout)
	defer cancel()
	answer, err := get(answering, p.web, base.JoinPath(probePath).String())
	if errors.Is(err, context.DeadlineExceeded) {
		return []finding{{check, resultBroken, fmt.Sprintf("%s does not answer within %s, as seen from this machine. Is there a firewall in between?", base, p.urlTimeout)}}
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) && ofCluster(base.Hostname()) {
		return []finding{{check, resultUnknown, fmt.Sprintf("%s resolves only inside the cluster: only a simulator in the cluster can call back there.", base)}}
	}
	doubt := callbackurl.Doubt(provider.Spec.CallbackURL)
	if err != nil {
		return []finding{{check, resultBroken, strings.TrimSpace(fmt.Sprintf("%s does not answer, as seen from this machine: %v. %s", base, err, doubt))}}
	}
	found := finding{check, resultOK, fmt.Sprintf("%s reaches the webhook receiver, as seen from this machine.", base)}
	switch {
	case answer.code != http.StatusMethodNotAllowed || answer.header.Get("Allow") != http.MethodPost:
		found = finding{check, resultBroken, fmt.Sprintf("%s answers, but not as the webhook receiver does (%s): does it route all paths to the webhook receiver?", base, answer.status)}
	case isPrivate(base.Hostname()):
		found.Result, found.Message = resultWarning, found.Message+" The host is on this machine or in a private network: only a simulator can call back there."
	case base.Scheme != "https":
		found.Result, found.Message = resultBroken, found.Message+" The service sends callbacks only to https URLs."
	case doubt != "":
		found.Result, found.Message = resultWarning, found.Message+" "+doubt
	}
	return []finding{found, p.clock("clock of the receiver", answer)}
}

// ofCluster tells whether a host is the in-cluster name of a Service.
func ofCluster(host string) bool {
	return strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local")
}

func isPrivate(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".local") || ofCluster(host) ||
		address != nil && (address.IsLoopback() || address.IsPrivate())
}

// incoming checks whether incoming calls arrive. Neither a subscription in Azure nor a dialplan of Asterisk is visible from here.
func incoming(provider *v1alpha1.CallProvider, calls []v1alpha1.Call, routes []v1alpha1.CallRoute) finding {
	check := "incoming calls of " + provider.Name
	if provider.Spec.IncomingCalls == nil && provider.Spec.Asterisk == nil {
		return finding{check, resultWarning, "It receives no incoming calls: set spec.incomingCalls to receive them."}
	}
	var last time.Time
	for i := range calls {
		inbound := calls[i].Spec.Inbound
		if inbound != nil && calls[i].Spec.ProviderRef.Name == provider.Name && inbound.ReceivedTime.After(last) {
			last = inbound.ReceivedTime.Time
		}
	}
	// Calls that are over are deleted after ttlSecondsAfterFinished; the status of a route remains.
	for i := range routes {
		taken := routes[i].Status.LastTakenTime
		if taken != nil && routes[i].Spec.ProviderRef.Name == provider.Name && taken.After(last) {
			last = taken.Time
		}
	}
	switch arrived := last.UTC().Format(time.RFC3339); {
	case last.IsZero() && provider.Spec.Asterisk != nil:
		return finding{check, resultUnknown, fmt.Sprintf("No incoming call has arrived yet. Calls arrive that Asterisk's dialplan sends to Stasis(%s,inbound,NUMBER,CALLER): see docs/asterisk.md.", provider.Spec.Asterisk.Application)}
	case last.IsZero():
		return finding{check, resultUnknown, fmt.Sprintf("No incoming call has arrived yet. Only Azure knows whether Event Grid is subscribed. To get the URL to subscribe, run kubectl call event-grid-url %s.", provider.Name)}
	case provider.Spec.Asterisk != nil:
		return finding{check, resultOK, "The last recorded call arrived at " + arrived + "."}
	default:
		return finding{check, resultOK, "The last recorded call arrived at " + arrived + ", so Event Grid was subscribed then."}
	}
}

// slots says which numbers are full.
func slots(provider *v1alpha1.CallProvider, calls []v1alpha1.Call) finding {
	check := "numbers of " + provider.Name
	if len(provider.Spec.Numbers) == 0 {
		return finding{check, resultWarning, "It has no numbers, so it can call only users: add numbers to spec.numbers."}
	}
	pointers := make([]*v1alpha1.Call, len(calls))
	for i := range calls {
		pointers[i] = &calls[i]
	}
	var uses []string
	full := false
	for _, use := range useractions.Use(provider, pointers) {
		full = full || use.Used >= use.Limit && use.Waiting > 0
		uses = append(uses, fmt.Sprintf("%s has %d of %d calls, %d waiting", use.Number, use.Used, use.Limit, use.Waiting))
	}
	found := finding{check, resultOK, strings.Join(slices.Clip(uses), "; ") + "."}
	if full {
		found.Result = resultWarning
	}
	return found
}

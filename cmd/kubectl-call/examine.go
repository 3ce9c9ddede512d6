// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// resources are the resources that the CRDs serve.
var resources = []string{"calls", "callactions", "callflows", "callproviders", "callroutes", "dialouts", "participantmoves"}

// apiServer checks that the API server answers, and its clock.
func (p *installation) apiServer(ctx context.Context) []finding {
	httpClient, err := rest.HTTPClientFor(p.config)
	if err != nil {
		return []finding{{"API server", resultBroken, err.Error()}}
	}
	base, _, err := rest.DefaultServerUrlFor(p.config)
	if err != nil {
		return []finding{{"API server", resultBroken, err.Error()}}
	}
	answer, err := get(ctx, httpClient, base.JoinPath("version").String())
	if err != nil {
		return []finding{{"API server", resultBroken, "It does not answer: " + err.Error()}}
	}
	return []finding{{"API server", resultOK, "It answers."}, p.clock("clock of the API server", answer)}
}

// Differences between clocks: tokens of the service live for five minutes, and signed requests are refused beyond that.
const (
	clockDoubt = 10 * time.Second
	clockLimit = 4 * time.Minute
)

// clock compares this machine's clock with the server's.
func (p *installation) clock(check string, answer reply) finding {
	theirs, err := http.ParseTime(answer.header.Get("Date"))
	if err != nil {
		return finding{check, resultUnknown, "The answer does not contain the time."}
	}
	apart := p.now().Sub(theirs).Round(time.Second)
	text := fmt.Sprintf("It differs by %s from the clock of this machine.", apart.Abs())
	switch {
	case apart.Abs() > clockLimit:
		return finding{check, resultBroken, text + " The service refuses requests whose signature time is off: synchronise the clocks with NTP."}
	case apart.Abs() > clockDoubt:
		return finding{check, resultWarning, text + " Synchronise the clocks with NTP."}
	default:
		return finding{check, resultOK, text}
	}
}

// kinds checks that the API server serves the CRDs.
func (p *installation) kinds(context.Context) []finding {
	asking, err := discovery.NewDiscoveryClientForConfig(p.config)
	if err != nil {
		return []finding{{"CRDs", resultBroken, err.Error()}}
	}
	list, err := asking.ServerResourcesForGroupVersion(v1alpha1.GroupVersion.String())
	if apierrors.IsNotFound(err) {
		return []finding{{"CRDs", resultBroken, "The CRDs of " + v1alpha1.GroupVersion.String() + " are not installed: apply config/default."}}
	}
	if err != nil {
		return []finding{{"CRDs", resultBroken, err.Error()}}
	}
	served := map[string]bool{}
	for i := range list.APIResources {
		served[list.APIResources[i].Name] = true
	}
	var missing []string
	for _, resource := range resources {
		if !served[resource] {
			missing = append(missing, resource)
		}
	}
	if len(missing) > 0 {
		return []finding{{"CRDs", resultBroken, "These are missing: " + strings.Join(missing, ", ") + ". Apply config/crd."}}
	}
	return []finding{{"CRDs", resultOK, "All " + fmt.Sprint(len(resources)) + " kinds are served."}}
}

// rights checks what the user may do in the namespace.
func (p *installation) rights(ctx context.Context) []finding {
	var may, mayNot []string
	for _, want := range []struct{ verb, resource string }{
		{"list", "calls"}, {"watch", "calls"}, {"create", "calls"}, {"patch", "calls"}, {"create", "callactions"}, {"create", "participantmoves"}, {"list", "callproviders"},
	} {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: p.namespace, Group: v1alpha1.GroupVersion.Group, Verb: want.verb, Resource: want.resource,
			},
		}}
		if err := p.client.Create(ctx, review); err != nil {
			return []finding{{"your permissions", resultUnknown, "The API server did not answer: " + err.Error()}}
		}
		if review.Status.Allowed {
			may = append(may, want.verb+" "+want.resource)
		} else {
			mayNot = append(mayNot, want.verb+" "+want.resource)
		}
	}
	if len(mayNot) > 0 {
		return []finding{{"your permissions", resultWarning, fmt.Sprintf("In the namespace %s you may not %s. The ClusterRoles view, edit and admin grant these.", p.namespace, strings.Join(mayNot, ", "))}}
	}
	return []finding{{"your permissions", resultOK, fmt.Sprintf("In the namespace %s you may %s.", p.namespace, strings.Join(may, ", "))}}
}

// operator checks that the manager and the webhook receiver run, as far as their Deployments may be seen.
func (p *installation) operator(ctx context.Context) []finding {
	var deployments appsv1.DeploymentList
	err := p.client.List(ctx, &deployments, client.InNamespace(p.systemNamespace), client.MatchingLabels{"app.kubernetes.io/name": "call-operator"})
	if err != nil {
		return []finding{{"operator", resultUnknown, fmt.Sprintf("You may not see the namespace %s.", p.systemNamespace)}}
	}
	if len(deployments.Items) == 0 {
		return []finding{{"operator", resultUnknown, fmt.Sprintf("There is no Deployment of call-operator in the namespace %s. Name another one with --system-namespace, unless it runs outside of the cluster.", p.systemNamespace)}}
	}
	var findings []finding
	for i := range deployments.Items {
		deployment := &deployments.Items[i]
		f := finding{"operator", resultOK, fmt.Sprintf("%s: %d replicas are available.", deployment.Name, deployment.Status.AvailableReplicas)}
		if deployment.Status.AvailableReplicas == 0 {
			f = finding{"operator", resultBroken, fmt.Sprintf("%s: no replica is available. See kubectl -n %s describe deployment %s.", deployment.Name, p.systemNamespace, deployment.Name)}
		}
		findings = append(findings, f)
	}
	return findings
}

func get(ctx context.Context, c *http.Client, url string) (reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return reply{}, err
	}
	answer, err := c.Do(request)
	if err != nil {
		return reply{}, err
	}
	return reply{code: answer.StatusCode, status: answer.Status, header: answer.Header}, answer.Body.Close()
}

// reply is an answer without its body.
type reply struct {
	code   int
	status string
	header http.Header
}

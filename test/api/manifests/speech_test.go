// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// asteriskAndSpeech are the Deployments of Asterisk and of its speech server.
func asteriskAndSpeech(t *testing.T) []*appsv1.Deployment {
	t.Helper()
	return slices.Concat(
		ofKind[appsv1.Deployment](t, renderFolder(t, "asterisk"), "Deployment"), ofKind[appsv1.Deployment](t, renderFolder(t, "asterisk/speech"), "Deployment"),
	)
}

// Each policy of the speech server is about one Deployment, and the other side of it about the other one, at a port that the server has.
func TestAsteriskReachesTheSpeechServer(t *testing.T) {
	server := ofKind[appsv1.Deployment](t, renderFolder(t, "asterisk/speech"), "Deployment")[0]
	check := func(policy *networkingv1.NetworkPolicy, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
		t.Helper()
		if len(peers) != 1 || len(ports) != 1 {
			t.Fatalf("%s names %d peers and %d ports, want one each", policy.Name, len(peers), len(ports))
		}
		own := selected(t, asteriskAndSpeech(t), asSelector(t, &policy.Spec.PodSelector))
		if peer := selected(t, asteriskAndSpeech(t), asSelector(t, peers[0].PodSelector)); peer.Spec.Containers[0].Name == own.Spec.Containers[0].Name {
			t.Errorf("%s connects %s with itself", policy.Name, own.Spec.Containers[0].Name)
		}
		if !hasPort(&server.Spec.Template, *ports[0].Port) {
			t.Errorf("%s opens the port %s, which the speech server does not have", policy.Name, ports[0].Port.String())
		}
	}
	in, out := 0, 0
	for _, policy := range ofKind[networkingv1.NetworkPolicy](t, renderFolder(t, "asterisk/speech"), "NetworkPolicy") {
		for _, rule := range policy.Spec.Ingress {
			check(policy, rule.From, rule.Ports)
			in++
		}
		for _, rule := range policy.Spec.Egress {
			check(policy, rule.To, rule.Ports)
			out++
		}
	}
	if in != 1 || out != 1 {
		t.Errorf("there are %d rules into the speech server and %d out of Asterisk, want one each", in, out)
	}
}

// The speech server listens at its port, and the sample leads to its Service.
func TestTheSampleLeadsToTheSpeechServer(t *testing.T) {
	objects := renderFolder(t, "asterisk/speech")
	container := ofKind[appsv1.Deployment](t, objects, "Deployment")[0].Spec.Template.Spec.Containers[0]
	if port := strconv.Itoa(int(container.Ports[0].ContainerPort)); !slices.Contains(container.Args, port) {
		t.Errorf("the speech server has the port %s, and is started with %v", port, container.Args)
	}
	service := ofKind[corev1.Service](t, objects, "Service")[0]
	want := service.Name + "." + service.Namespace + ".svc:" + strconv.Itoa(int(service.Spec.Ports[0].Port))
	for _, provider := range ofKind[v1alpha1.CallProvider](t, renderFolder(t, "samples/appointment-reminder-on-asterisk"), "CallProvider") {
		speech, err := url.Parse(strings.NewReplacer("$(", "", ")", "").Replace(provider.Spec.Asterisk.SpeechURL))
		if err != nil || speech.Host != want {
			t.Errorf("the sample's speechURL leads to %v (%v), and the Service is at %s", speech, err, want)
		}
	}
}

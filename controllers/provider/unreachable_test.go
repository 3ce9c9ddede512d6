// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/access/accesstest"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/controllers/shared/once"
	"github.com/call-operator/call-operator/internal/selfsigned"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

// behind is the manager's own transport, with a proxy and what it trusts.
func behind(t *testing.T, proxy string, trusted *x509.CertPool) *http.Client {
	t.Helper()
	client := telephonyacs.NewTransport()
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
	if proxy != "" {
		through, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		transport.Proxy = http.ProxyURL(through)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return client
}

// secured is a server with a certificate for hosts, valid for so long.
func secured(t *testing.T, valid time.Duration, hosts ...string) (address string, own *x509.CertPool) {
	t.Helper()
	pair, err := selfsigned.New("proxy.example.com", valid, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	own = x509.NewCertPool()
	own.AppendCertsFromPEM(pair.Certificate)
	return server.URL, own
}

// TestObstaclesShow: the reason why ACS cannot be reached shows on the Call, which waits, and on the provider.
func TestObstaclesShow(t *testing.T) {
	t.Parallel()
	private, _ := secured(t, time.Hour, "127.0.0.1")
	misnamed, trusted := secured(t, time.Hour, "other.example.com")
	expired, trustedToo := secured(t, -time.Minute, "127.0.0.1")
	answers := func(status int) string {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(proxy.Close)
		return proxy.URL
	}
	tests := []struct {
		name, endpoint, want string
		transport            *http.Client
	}{
		{"UnknownAuthority", private, "does not know the authority that signed the endpoint's certificate", behind(t, "", x509.NewCertPool())},
		{"OtherName", misnamed, "is not valid for its name or at this time", behind(t, "", trusted)},
		{"Expired", expired, "is not valid for its name or at this time", behind(t, "", trustedToo)},
		{"ProxyWantsPassword", "https://acs.example.test", "asks for credentials (HTTP 407)", behind(t, answers(407), nil)},
		{"ProxyForbids", "https://acs.example.test", "refuses the connection (HTTP 403)", behind(t, answers(403), nil)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			secret := controllertest.SecretWith("endpoint=" + tc.endpoint + "/;accesskey=a2V5")
			p := newProviderTest(t, controllertest.ProviderWith(), secret)
			accesstest.SetTransport(p.Connections, tc.transport)
			p.reconcile(t)
			connection, err := p.Connections.For(t.Context(), p.read(t))
			if err != nil {
				t.Fatal(err)
			}
			_, err = connection.Telephony.State(t.Context(), "cc")
			if described := once.DescribeFailure(err); described.Reason != v1alpha1.ReasonServiceUnavailable || !strings.Contains(described.Message, tc.want) || described.Final {
				t.Errorf("a Call says %+v of %v", described, err)
			}
			p.reconcile(t)
			ready := meta.FindStatusCondition(p.read(t).Status.Conditions, v1alpha1.ConditionReady)
			if ready.Status != metav1.ConditionFalse || ready.Reason != v1alpha1.ReasonEndpointNotACS || !strings.Contains(ready.Message, tc.want) {
				t.Errorf("the provider says %+v", ready)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/call-operator/call-operator/webhookreceiver"
)

func TestFlags(t *testing.T) {
	defaults := webhookreceiver.Options{
		ListenAddress: "127.0.0.1:8080", MetricsAddress: "127.0.0.1:8083", HealthAddress: "127.0.0.1:8084",
		GracePeriod: 20 * time.Second,
	}
	tests := []struct {
		name, reason string
		args         []string
		want         func(*webhookreceiver.Options)
		wantErr      bool
	}{
		{name: "Defaults", reason: "by default nothing is reachable from other machines", want: func(*webhookreceiver.Options) {}},
		{name: "Namespaces", reason: "spaces after commas are not part of a name", args: []string{"--watch-namespaces=a, b"},
			want: func(o *webhookreceiver.Options) { o.Namespaces = []string{"a", "b"} }},
		{name: "NoNamespaces", reason: "a template writes an unset list as an empty one", args: []string{"--watch-namespaces="}, want: func(*webhookreceiver.Options) {}},
		{name: "EmptyNamespace", reason: "an empty name would mean all namespaces to the cache", args: []string{"--watch-namespaces=a,"}, wantErr: true},
		{name: "Served", reason: "each flag reaches its option",
			args: []string{"--listen=:8443", "--tls-cert=c", "--tls-key=k", "--callback-key-file=f", "--drain-delay=5s", "--grace-period=10s",
				"--acs-issuer=i", "--acs-jwks-url=u", "--entra-url=e", "--allow-http-issuers", "--metrics-bind-address=0", "--health-probe-bind-address=:1"},
			want: func(o *webhookreceiver.Options) {
				*o = webhookreceiver.Options{ListenAddress: ":8443", TLSCertFile: "c", TLSKeyFile: "k", CallbackKeyFile: "f",
					DrainDelay: 5 * time.Second, GracePeriod: 10 * time.Second, Issuer: "i", JWKSURL: "u", EntraURL: "e", AllowHTTP: true, MetricsAddress: "0", HealthAddress: ":1"}
			}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			flags := flag.NewFlagSet("", flag.ContinueOnError)
			flags.SetOutput(io.Discard)
			got := bindFlags(flags)
			err := flags.Parse(tc.args)
			if (err != nil) != tc.wantErr {
				t.Fatalf("%s: error %v, want one %t", tc.reason, err, tc.wantErr)
			}
			if tc.wantErr {
				return
			}
			want := defaults
			tc.want(&want)
			if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(webhookreceiver.Options{}, "Log", "Started")); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
		})
	}
}

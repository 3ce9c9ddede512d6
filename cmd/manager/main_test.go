// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
)

func TestFlags(t *testing.T) {
	tests := []struct {
		reason    string
		args      []string
		inCluster bool
		elects    bool
		identity  telephonyacs.IdentityGrants
		wantErr   bool
	}{
		{reason: "leader election is the default in a cluster", inCluster: true, elects: true},
		{reason: "a manager that runs alone needs no Lease", args: []string{"--leader-elect=false"}},
		{reason: "outside of a cluster there is no default namespace for the Lease", elects: true, wantErr: true},
		{reason: "the flag sets it", args: []string{"--leader-election-namespace=n"}, elects: true},
		{
			reason: "lists add up", inCluster: true, elects: true, args: []string{"--allow-workload-identity=a/*", "--allow-workload-identity=b/r.communication.azure.com,c/*"},
			identity: telephonyacs.IdentityGrants{{Namespace: "a", Host: "*"}, {Namespace: "b", Host: "r.communication.azure.com"}, {Namespace: "c", Host: "*"}},
		},
	}
	for _, tc := range tests {
		flags := flag.NewFlagSet("", flag.ContinueOnError)
		flags.SetOutput(io.Discard)
		var keyFile string
		options := bindFlags(flags, &keyFile)
		if err := flags.Parse(append(tc.args, "--callback-key-file=f")); err != nil {
			t.Fatalf("%s: %v", tc.reason, err)
		}
		if options.LeaderElection != tc.elects {
			t.Errorf("%s: leader election is %t", tc.reason, options.LeaderElection)
		}
		if diff := cmp.Diff(tc.identity, options.Identity); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
		}
		if err := check(*options, keyFile, tc.inCluster); (err != nil) != tc.wantErr {
			t.Errorf("%s: %v", tc.reason, err)
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"flag"
	"testing"
)

func TestNew(t *testing.T) {
	cases := []struct {
		name, reason string
		args         []string
		wantErr      bool
	}{
		{name: "default", reason: "nobody asked for anything"},
		{name: "debug", reason: "a word for verbosity 1", args: []string{"--zap-log-level=debug"}},
		{name: "most", reason: "what client-go logs up to here holds no bodies", args: []string{"--zap-log-level=5"}},
		{name: "tooMuch", reason: "bodies hold numbers and Secrets", args: []string{"--zap-log-level=6"}, wantErr: true},
		{name: "farTooMuch", reason: "so does everything above", args: []string{"--zap-log-level=10"}, wantErr: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			options := NewOptions()
			flags := flag.NewFlagSet("", flag.ContinueOnError)
			options.BindFlags(flags)
			if err := flags.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			if _, err := New(options); (err != nil) != tc.wantErr {
				t.Errorf("%s: New() gave the error %v, want one: %v", tc.reason, err, tc.wantErr)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath(t *testing.T) {
	tests := []struct {
		name, reason, path string
		want               Target
		refused            bool
	}{{
		name:   "ACall",
		reason: "the four parts come back as they went in",
		path:   "/v1/callbacks/calls/team-a/customer.1/8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00",
		want:   Target{Kind: "calls", Namespace: "team-a", Name: "customer.1", UID: "8c1d2b7e-5d2c-4a9e-9a53-9c8a2f2c1f00"},
	}, {
		name: "AnotherKind", reason: "a kind that this package does not know is the receiver's to refuse",
		path: "/v1/callbacks/participantmoves/a/b/c",
		want: Target{Kind: "participantmoves", Namespace: "a", Name: "b", UID: "c"},
	},
		{name: "Empty", reason: "nothing names nothing", path: "", refused: true},
		{name: "Root", reason: "the root names nothing", path: "/", refused: true},
		{name: "PrefixAlone", reason: "four parts are missing", path: "/v1/callbacks/", refused: true},
		{name: "OtherVersion", reason: "another version has other tokens", path: "/v2/callbacks/calls/a/b/c", refused: true},
		{name: "TooFew", reason: "the UID is missing", path: "/v1/callbacks/calls/a/b", refused: true},
		{name: "TooMany", reason: "a fifth part has no meaning", path: "/v1/callbacks/calls/a/b/c/d", refused: true},
		{name: "TrailingSlash", reason: "a target has one spelling", path: "/v1/callbacks/calls/a/b/c/", refused: true},
		{name: "DoubleSlash", reason: "an empty part is no namespace", path: "/v1/callbacks/calls//b/c", refused: true},
		{name: "UpperKind", reason: "a target has one spelling", path: "/v1/callbacks/Calls/a/b/c", refused: true},
		{name: "Dots", reason: "nobody climbs out of the namespace", path: "/v1/callbacks/calls/../b/c", refused: true},
		{name: "Escaped", reason: "names need no escaping", path: "/v1/callbacks/calls/a/b%2e/c", refused: true},
		{name: "Control", reason: "a line break does not reach a log", path: "/v1/callbacks/calls/a/b/c\n", refused: true},
		{name: "LongUID", reason: "a UID has an upper bound", path: "/v1/callbacks/calls/a/b/" + strings.Repeat("c", 65), refused: true},
		{name: "LongName", reason: "Kubernetes allows 253 characters", path: "/v1/callbacks/calls/a/" + strings.Repeat("b", 254) + "/c", refused: true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParsePath(tc.path)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", tc.reason, diff)
			}
			if refused := errors.Is(err, ErrPath); refused != tc.refused {
				t.Errorf("%s: refused %t (%v), want %t", tc.reason, refused, err, tc.refused)
			}
		})
	}
}

// Whatever path is accepted is the only spelling of its target, and each target that has a URL is found again.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"/v1/callbacks/calls/a/b/c", "/v1/callbacks/calls/a/b%20/c", "//v1/callbacks", "/v1/callbacks/calls/a\x00/b/c"} {
		f.Add(seed)
	}
	keys := mustParseKeys(f, keyFile(1))
	f.Fuzz(func(t *testing.T, path string) {
		target, err := ParsePath(path)
		if err != nil {
			return
		}
		if target.path() != path {
			t.Errorf("%q is a second spelling of %q", path, target.path())
		}
		token := tokenOf(t, mustURL(t, keys, target))
		if !keys.Verify(target, token) {
			t.Errorf("the token for %q does not verify", path)
		}
	})
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// TestViewersAreBounded opens many namespaces. There is no API server; the limits do not need one.
func TestViewersAreBounded(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		// before are windows that stay open, closed those that were closed again, of the user that asks.
		others, before, closed int
		// tokens is how many tokens the user has.
		tokens int
		want   error
	}{
		{name: "Few", reason: "a user may look at several namespaces", before: maxPerUser - 1, tokens: 1},
		{name: "TooMany", reason: "one user cannot use up the limit for all", before: maxPerUser, tokens: 1, want: errTooManyViews},
		{name: "ManyTokens", reason: "not with many tokens either", before: maxPerUser, tokens: maxPerUser, want: errTooManyViews},
		{name: "Closed", reason: "closed windows make room", before: maxPerUser - 1, closed: maxPerUser, tokens: 1},
		{name: "Crowded", reason: "there is a limit for all users together", others: maxViewers, tokens: 1, want: errTooManyUsers},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := newViewers(logr.Discard())
			defer v.close()
			looks := func(id, user, namespace string) (leave func(), err error) {
				person := Person{ID: id, Config: &rest.Config{Host: "http://127.0.0.1:1"}}
				c, err := person.client()
				if err != nil {
					t.Fatal(err)
				}
				_, leave, err = v.enter(person, user, c, namespace)
				return leave, err
			}
			must := func(leave func(), err error) func() {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				return leave
			}
			for i := range tc.others {
				must(looks(fmt.Sprint("other", i), fmt.Sprint("other", i), "team"))
			}
			for i := range tc.before {
				must(looks(fmt.Sprint("token", i%tc.tokens), "ada", fmt.Sprint("open", i)))
			}
			for i := range tc.closed {
				must(looks("token0", "ada", fmt.Sprint("closed", i)))()
			}
			if _, err := looks("token0", "ada", "one-more"); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.reason, err, tc.want)
			}
			if len(v.open) > maxViewers {
				t.Errorf("%d viewers are open, more than %d", len(v.open), maxViewers)
			}
		})
	}
}

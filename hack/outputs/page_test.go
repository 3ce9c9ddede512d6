// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const shown = `# Title

<!-- make outputs
namespace: team
first: kubectl delete calls --all
-->
` + "```console" + `
$ kubectl get calls
NAME   AGE
ada    3s
$ kubectl get pmove
` + "```" + `

More.

` + "```console" + `
$ left alone
` + "```" + `
`

func TestPage(t *testing.T) {
	t.Parallel()
	page, err := parsePage(shown)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shown, page.text()); diff != "" {
		t.Errorf("a page that is only read is changed (-want +got):\n%s", diff)
	}
	var asked []block
	printed, err := page.printAnew(func(b block) (string, error) {
		asked = append(asked, b)
		return "$ kubectl get calls\nNAME   AGE\nben    4m3s\n$ kubectl get pmove\n", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []block{{
		settings: settings{Namespace: "team", First: "kubectl delete calls --all"},
		commands: []string{"kubectl get calls", "kubectl get pmove"},
		shown:    "$ kubectl get calls\nNAME   AGE\nada    3s\n$ kubectl get pmove\n",
	}}
	if diff := cmp.Diff(want, asked, cmp.AllowUnexported(block{})); diff != "" {
		t.Errorf("the blocks of a page (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(strings.Replace(shown, "ada    3s", "ben    4m3s", 1), printed.text()); diff != "" {
		t.Errorf("the page with what is printed now (-want +got):\n%s", diff)
	}
}

func TestPagesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const marker = "<!-- make outputs\nnamespace: team\n-->\n"
	cases := map[string]struct{ text, want string }{
		"no block follows":         {marker + "text\n", "no block of console"},
		"the block does not end":   {marker + "```console\n$ a\n", "no block of console"},
		"the comment does not end": {"<!-- make outputs\nnamespace: team\n", "no block of console"},
		"nothing is typed":         {marker + "```console\nNAME\n```\n", "shows no command"},
		"a setting is misspelt":    {"<!-- make outputs\nnamespce: team\n-->\n```console\n$ a\n```\n", "no YAML"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parsePage(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestSteady(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason      string
		one, other  string
		varies, too bool
	}{
		"times":        {reason: "each run has its own", one: "3s  2026-11-24T11:38:39Z", other: "1m12s 2026-11-25T01:08:09Z", too: true},
		"IDs":          {reason: "they are made anew", one: "incoming-9db12849-835e-4acf-90d7-8b3f5887db94", other: "incoming-5a3ce135-9536-467a-980a-ce0ce98c28d1", too: true},
		"addresses":    {reason: "ports are what is free", one: "http://127.0.0.1:36601", other: "http://127.0.0.1:4000", too: true},
		"widths":       {reason: "they follow from the rest", one: "a   b\n----", other: "a b\n---", too: true},
		"order":        {reason: "events within one second may come in any order", one: "a\nb\n", other: "b\na\n", too: true},
		"words":        {reason: "they are what is to stay true", one: "Completed", other: "Busy"},
		"numbers":      {reason: "a count is no time", one: "2 of 4", other: "3 of 4"},
		"what varies":  {reason: "it is another one each time", one: "a", other: "b", varies: true, too: true},
		"phone number": {reason: "it is part of the example", one: "+14255550100", other: "+14255550101"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steady := func(text string) string {
				return page{blocks: []block{{settings: settings{Varies: c.varies}, shown: text}}}.steady()
			}
			if same := steady(c.one) == steady(c.other); same != c.too {
				t.Errorf("same: %t, want %t, since %s", same, c.too, c.reason)
			}
		})
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package textobject

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestText(t *testing.T) {
	t.Parallel()
	written := func(secret bool) client.Object {
		object := New(secret)
		SetText(object, "before", []byte("gone"))
		SetText(object, "list", []byte("a\n"))
		return object
	}
	cases := []struct {
		name, reason string
		object       client.Object
		key          string
		want         string
		found        bool
	}{
		{"ConfigMap", "it is what was written", written(false), "list", "a\n", true},
		{"Secret", "it is what was written", written(true), "list", "a\n", true},
		{"ConfigMap, replaced", "a text takes the place of what was there", written(false), "before", "", false},
		{"Secret, replaced", "a text takes the place of what was there", written(true), "before", "", false},
		{"no text", "kubectl stores what is not UTF-8 so", &corev1.ConfigMap{BinaryData: map[string][]byte{"list": {0xff}}}, "list", "\xff", true},
		{"empty", "an empty text is one", &corev1.ConfigMap{Data: map[string]string{"list": ""}}, "list", "", true},
		{"no key", "it is not an empty text", &corev1.Secret{}, "list", "", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if text, found := Text(c.object, c.key); string(text) != c.want || found != c.found {
				t.Errorf("%s: got %q, %t, want %q, %t", c.reason, text, found, c.want, c.found)
			}
		})
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	for secret, want := range map[bool]string{false: "ConfigMap", true: "Secret"} {
		if got := Kind(New(secret)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

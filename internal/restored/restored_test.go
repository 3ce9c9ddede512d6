// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package restored

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestBy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, reason string
		meta         metav1.ObjectMeta
		tool, mark   string
	}{
		{"new", "who creates a Call means it", metav1.ObjectMeta{Labels: map[string]string{"team": "sales"}}, "", ""},
		{
			"Velero", "it labels what it restores",
			metav1.ObjectMeta{Labels: map[string]string{"velero.io/backup-name": "nightly", "velero.io/restore-name": "nightly-2026"}},
			"Velero", "label velero.io/restore-name",
		},
		{
			"Velero, one label", "either label is its mark",
			metav1.ObjectMeta{Labels: map[string]string{"velero.io/backup-name": ""}}, "Velero", "label velero.io/backup-name",
		},
		{
			"another tool", "the annotation names it",
			metav1.ObjectMeta{Annotations: map[string]string{Annotation: "Kasten"}}, "Kasten", "annotation call-operator.dev/restored-by",
		},
		{
			"another tool, without its name", "the mark counts, not what it says",
			metav1.ObjectMeta{Annotations: map[string]string{Annotation: ""}}, "A backup tool", "annotation call-operator.dev/restored-by",
		},
		{"excluded from backups", "that is a label of the original", metav1.ObjectMeta{Labels: map[string]string{"velero.io/exclude-from-backup": "true"}}, "", ""},
	}
	for _, c := range cases {
		if tool, mark := By(&c.meta); tool != c.tool || mark != c.mark {
			t.Errorf("%s, %s: got %q by %q", c.name, c.reason, tool, mark)
		}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package restored distinguishes copies made by a backup tool from objects that people and programs created.
package restored

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotation marks a copy, for tools that leave no mark of their own: configure the tool to set it on restored objects, with
// its name.
const Annotation = "call-operator.dev/restored-by"

// veleroLabels are the labels that Velero sets on restored objects only, among the kinds here. Source:
// https://velero.io/docs/main/restore-reference/.
var veleroLabels = []string{"velero.io/restore-name", "velero.io/backup-name"}

// By returns the tool that restored an object, and its mark. Both are empty for any other object.
func By(object metav1.Object) (tool, mark string) {
	for _, label := range veleroLabels {
		if _, found := object.GetLabels()[label]; found {
			return "Velero", "label " + label
		}
	}
	if name, found := object.GetAnnotations()[Annotation]; found {
		if name == "" {
			name = "A backup tool"
		}
		return name, "annotation " + Annotation
	}
	return "", ""
}

// IsMark tells whether a label marks a copy.
func IsMark(label string) bool {
	return slices.Contains(veleroLabels, label)
}

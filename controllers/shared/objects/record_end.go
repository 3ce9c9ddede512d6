// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/applied"
)

// appliedRecordTime is the minimum time to keep the record of an object that a tool applied. If the object is gone, the tool
// creates it again, and it would be carried out again; as long as the record exists, applying it changes nothing.
const appliedRecordTime = 24 * time.Hour

// RecordEnd is when the record of an ended object is deleted; expires is false if it stays until somebody deletes it. Records of
// GitOps tools stay: the tool deletes the object when its manifest is removed.
func RecordEnd(object metav1.Object, ended time.Time, timeToLive *int32) (at time.Time, expires bool) {
	if timeToLive == nil {
		return time.Time{}, false
	}
	kept := time.Duration(*timeToLive) * time.Second
	tool := applied.By(object)
	switch {
	case tool.Continuous:
		return time.Time{}, false
	case tool.Name != "":
		kept = max(kept, appliedRecordTime)
	}
	return ended.Add(kept), true
}

// warnOfTimeToLive reports, when an object is first reconciled, that its record is kept longer than its spec says.
func warnOfTimeToLive(recorder events.EventRecorder, object metav1.Object, timeToLive *int32) {
	tool := applied.By(object)
	about, ok := object.(runtime.Object)
	if !ok || timeToLive == nil || tool.Name == "" || !tool.Continuous && time.Duration(*timeToLive)*time.Second >= appliedRecordTime {
		return
	}
	kept := fmt.Sprintf("for %s after its end", appliedRecordTime)
	if tool.Continuous {
		kept = "until its manifest is removed"
	}
	recorder.Eventf(about, nil, corev1.EventTypeWarning, v1alpha1.ReasonTimeToLiveDeferred, "Keep",
		"%s applied this object and would create it again after spec.ttlSecondsAfterFinished, to be carried out once more: its record is kept %s. "+
			"Leave the field out of what is applied, or create the object with a program or kubectl create.", tool.Name, kept)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// refusals reports which callbacks and incoming calls of a provider the webhook receiver refuses.
func refusals(provider *v1alpha1.CallProvider) []finding {
	var findings []finding
	for _, about := range []struct{ condition, check string }{
		{v1alpha1.ConditionCallbacksRefused, "callbacks of "}, {v1alpha1.ConditionIncomingCallsRefused, "calls to "},
	} {
		if c := meta.FindStatusCondition(provider.Status.Conditions, about.condition); c != nil && c.Status == metav1.ConditionTrue {
			message := fmt.Sprintf("%s: %s This began at %s.", c.Reason, c.Message, c.LastTransitionTime.UTC().Format(time.RFC3339))
			findings = append(findings, finding{about.check + provider.Name, resultBroken, message})
		}
	}
	return findings
}

// quotaOfCalls is how a ResourceQuota counts Calls.
const quotaOfCalls = corev1.ResourceName("count/calls.call-operator.dev")

// nearlyFull is the use of a quota that causes a warning, in percent.
const nearlyFull = 90

// quotas checks whether a quota has room for another Call; without room, incoming calls would be lost. Without permission
// to list quotas it reports nothing.
func (p *installation) quotas(ctx context.Context) []finding {
	var list corev1.ResourceQuotaList
	if err := p.client.List(ctx, &list, client.InNamespace(p.namespace)); err != nil {
		return nil
	}
	var findings []finding
	for i := range list.Items {
		quota := &list.Items[i]
		hard, limited := quota.Status.Hard[quotaOfCalls]
		if !limited {
			continue
		}
		used := quota.Status.Used[quotaOfCalls]
		f := finding{"quota " + quota.Name, resultOK, fmt.Sprintf("%s of %s Calls are used.", used.String(), hard.String())}
		switch {
		case used.Cmp(hard) >= 0:
			f.Result = resultBroken
			f.Message += " No call can be placed, and incoming calls are lost: delete Calls that have ended, or raise the quota. With ttlSecondsAfterFinished, they are deleted automatically."
		case used.Value()*100 >= hard.Value()*nearlyFull:
			f.Result = resultWarning
			f.Message += " Delete Calls that have ended before it is used up: after that, incoming calls are lost."
		}
		findings = append(findings, f)
	}
	return findings
}

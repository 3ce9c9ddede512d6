// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package webhookreceiver

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/statemachine/callstatus"
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// answerSecrets keep the answers to sensitive questions.
type answerSecrets struct{ client client.Client }

// question is a sensitive question that was asked.
type question struct {
	object client.Object
	// attempt is the ID of the request that asked it.
	attempt string
	asked   *v1alpha1.RecognizeOperation
	owners  []metav1.OwnerReference
}

// keepForAction keeps the answer to the question of a CallAction.
func (s answerSecrets) keepForAction(ctx context.Context, action *v1alpha1.CallAction, reports []report) ([]report, error) {
	asked, sent := action.Spec.Recognize, action.Status.Attempt
	if asked == nil || !asked.Sensitive || sent == nil || action.Status.Result != nil {
		return reports, nil
	}
	owners := []metav1.OwnerReference{owner("CallAction", action)}
	if call := action.Status.Call; call != nil && call.UID != "" {
		reference := owner("Call", action)
		reference.Name, reference.UID = call.Name, call.UID
		owners = append(owners, reference)
	}
	return s.keep(ctx, question{object: action, attempt: sent.ID, asked: asked, owners: owners}, reports)
}

// keepForFlow keeps the answer to the question that the flow of a Call asks.
func (s answerSecrets) keepForFlow(ctx context.Context, call *v1alpha1.Call, reports []report) ([]report, error) {
	flow := call.Status.Flow
	if flow == nil || flow.Over() || !flow.Sensitive || flow.Attempt == nil || flow.Result != nil {
		return reports, nil
	}
	return s.keep(ctx, question{
		object: call, attempt: flow.Attempt.ID, asked: callstatus.Question(flow), owners: []metav1.OwnerReference{owner("Call", call)},
	}, reports)
}

// keep writes the answer in a report into a Secret before the status says that there is one. The first answer counts: a Secret that exists
// has it already.
func (s answerSecrets) keep(ctx context.Context, q question, reports []report) ([]report, error) {
	kept := slices.Clone(reports)
	for i := range kept {
		reported, ok := kept[i].event.News.(telephony.OperationReported)
		if !ok || reported.Answer == nil || reported.Attempt != q.attempt {
			continue
		}
		answer, _ := operationstatus.Choose(q.asked, *reported.Answer, reported.Outcome)
		secret := q.secret(answer)
		if err := s.client.Create(ctx, secret); err != nil && !apierrors.IsAlreadyExists(err) {
			return nil, fmt.Errorf("keeping the answer to a sensitive question: %w", err)
		}
		kept[i].secret = secret.Name
	}
	return kept, nil
}

const (
	// longestBase leaves room for the rest of the Secret's name, and shortID is how much of the attempt's ID is in it.
	longestBase = 200
	shortID     = 8
)

// secret is the Secret with an answer. Its name has a part of the attempt's ID, so that no other Secret has it. It stays until all of its
// owners are gone.
func (q question) secret(answer telephony.InputAnswer) *corev1.Secret {
	name := q.object.GetName()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: q.object.GetNamespace(), OwnerReferences: q.owners,
			Name: name[:min(len(name), longestBase)] + "-answer-" + q.attempt[:min(len(q.attempt), shortID)],
		},
		Type: v1alpha1.AnswerSecretType, StringData: map[string]string{},
	}
	for key, value := range map[string]string{"tones": answer.Tones, "label": answer.Label, "speech": answer.Speech} {
		if value != "" {
			secret.StringData[key] = value
		}
	}
	return secret
}

func owner(kind string, object client.Object) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind, Name: object.GetName(), UID: object.GetUID()}
}

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
	"github.com/call-operator/call-operator/statemachine/operationstatus"
	"github.com/call-operator/call-operator/telephony"
)

// answerSecrets keep the answers to sensitive questions.
type answerSecrets struct{ client client.Client }

// keep writes the answer in a report into a Secret before the status says that there is one. The first answer counts: a Secret that exists
// has it already.
func (s answerSecrets) keep(ctx context.Context, action *v1alpha1.CallAction, reports []report) ([]report, error) {
	asked, sent := action.Spec.Recognize, action.Status.Attempt
	if asked == nil || !asked.Sensitive || sent == nil || action.Status.Result != nil {
		return reports, nil
	}
	kept := slices.Clone(reports)
	for i := range kept {
		reported, ok := kept[i].event.News.(telephony.OperationReported)
		if !ok || reported.Answer == nil || reported.Attempt != sent.ID {
			continue
		}
		answer, _ := operationstatus.Choose(asked, *reported.Answer, reported.Outcome)
		secret := answerSecret(action, answer)
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

// answerSecret is the Secret with an answer. Its name has a part of the attempt's ID, so that no other Secret has it. It stays until both
// the action and its Call are gone.
func answerSecret(action *v1alpha1.CallAction, answer telephony.InputAnswer) *corev1.Secret {
	name, id := action.Name, action.Status.Attempt.ID
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: action.Namespace, Name: name[:min(len(name), longestBase)] + "-answer-" + id[:min(len(id), shortID)],
			OwnerReferences: []metav1.OwnerReference{owner("CallAction", action)},
		},
		Type: v1alpha1.AnswerSecretType, StringData: map[string]string{},
	}
	if call := action.Status.Call; call != nil && call.UID != "" {
		reference := owner("Call", action)
		reference.Name, reference.UID = call.Name, call.UID
		secret.OwnerReferences = append(secret.OwnerReferences, reference)
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

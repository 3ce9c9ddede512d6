// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// holder is a ConfigMap or a Secret with one text.
type holder interface {
	client.Object
	text(key string) ([]byte, bool)
	setText(key string, text []byte)
	// object is what a client knows.
	object() client.Object
}

type configMap struct{ *corev1.ConfigMap }

func (c configMap) object() client.Object { return c.ConfigMap }

func (c configMap) text(key string) ([]byte, bool) {
	if text, found := c.Data[key]; found {
		return []byte(text), true
	}
	text, found := c.BinaryData[key]
	return text, found
}

func (c configMap) setText(key string, text []byte) { c.Data = map[string]string{key: string(text)} }

type secret struct{ *corev1.Secret }

func (s secret) object() client.Object { return s.Secret }

func (s secret) text(key string) ([]byte, bool) {
	text, found := s.Data[key]
	return text, found
}

func (s secret) setText(key string, text []byte) { s.Data = map[string][]byte{key: text} }

// emptyHolder is a ConfigMap or a Secret without anything.
func emptyHolder(inSecret bool) holder {
	if inSecret {
		return secret{&corev1.Secret{}}
	}
	return configMap{&corev1.ConfigMap{}}
}

// readHolder reads a ConfigMap or a Secret from the API server.
func (r *Reconciler) readHolder(ctx context.Context, inSecret bool, namespace, name string) (holder, error) {
	found := emptyHolder(inSecret)
	return found, r.Objects.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, found.object())
}

// newHolder is an object that belongs to a DialOut.
func newHolder(dialOut *v1alpha1.DialOut, inSecret bool, name, part, key string, text []byte) holder {
	made := emptyHolder(inSecret)
	made.SetNamespace(dialOut.Namespace)
	made.SetName(name)
	made.SetLabels(map[string]string{v1alpha1.DialOutLabel: string(dialOut.UID), v1alpha1.DialOutPartLabel: part})
	made.SetOwnerReferences([]metav1.OwnerReference{ownerReference(dialOut)})
	made.setText(key, text)
	return made
}

// belongs tells whether an object is a DialOut's, and not that of another one with the same name.
func belongs(object metav1.Object, dialOut *v1alpha1.DialOut) bool {
	return object.GetLabels()[v1alpha1.DialOutLabel] == string(dialOut.UID)
}

func ownerReference(dialOut *v1alpha1.DialOut) metav1.OwnerReference {
	return metav1.OwnerReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "DialOut", Name: dialOut.Name, UID: dialOut.UID, Controller: ptr.To(true),
	}
}

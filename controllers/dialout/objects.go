// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/textobject"
)

// readObject reads a ConfigMap or a Secret from the API server.
func (r *Reconciler) readObject(ctx context.Context, inSecret bool, namespace, name string) (client.Object, error) {
	found := textobject.New(inSecret)
	return found, r.Objects.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, found)
}

// newObject is an object that belongs to a DialOut.
func newObject(dialOut *v1alpha1.DialOut, inSecret bool, name, part, key string, text []byte) client.Object {
	made := textobject.New(inSecret)
	made.SetNamespace(dialOut.Namespace)
	made.SetName(name)
	made.SetLabels(map[string]string{v1alpha1.DialOutLabel: string(dialOut.UID), v1alpha1.DialOutPartLabel: part})
	made.SetOwnerReferences([]metav1.OwnerReference{ownerReference(dialOut)})
	textobject.SetText(made, key, text)
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

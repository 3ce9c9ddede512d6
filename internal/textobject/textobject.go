// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package textobject treats ConfigMaps and Secrets alike: as objects that hold text under keys.
package textobject

import (
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// New returns an empty Secret or ConfigMap.
func New(secret bool) client.Object {
	if secret {
		return &corev1.Secret{}
	}
	return &corev1.ConfigMap{}
}

// Kind is the kind of an object of this package.
func Kind(object client.Object) string {
	if _, secret := object.(*corev1.Secret); secret {
		return "Secret"
	}
	return "ConfigMap"
}

// Text is the text that an object holds under a key. Found is false if it has no such key.
func Text(object client.Object, key string) (text []byte, found bool) {
	switch object := object.(type) {
	case *corev1.Secret:
		text, found = object.Data[key]
	case *corev1.ConfigMap:
		if value, isText := object.Data[key]; isText {
			return []byte(value), true
		}
		text, found = object.BinaryData[key]
	}
	return text, found
}

// SetText has an object hold a text, and nothing else.
func SetText(object client.Object, key string, text []byte) {
	switch object := object.(type) {
	case *corev1.Secret:
		object.Data = map[string][]byte{key: text}
	case *corev1.ConfigMap:
		object.Data = map[string]string{key: string(text)}
	}
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// KeyReference names a key of a ConfigMap or a Secret in the same namespace.
type KeyReference struct {
	// name is the name of the ConfigMap or the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",message="write the name of a ConfigMap or a Secret: lower case letters, digits, - and ., such as phone-numbers"
	Name string `json:"name,omitempty"`

	// key is the key in its data.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="write a key of the data: letters, digits, -, _ and ., such as numbers.csv"
	Key string `json:"key,omitempty"`
}

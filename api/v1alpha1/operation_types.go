// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// OperationStatus is the part of a status that every kind of operation on live calls has.
type OperationStatus struct {
	// observedGeneration is the generation of the spec that this status describes; -1 means that it was not reconciled yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// waiting says what the operation waits for.
	// +optional
	Waiting *OperationWaiting `json:"waiting,omitempty"`

	// attempt is the request to the service. It is written before the request is sent. Once it is set, the operation may have
	// been carried out.
	// +optional
	Attempt *RequestAttempt `json:"attempt,omitempty"`

	// accepted says that the service has accepted the request and will report what becomes of it.
	// +optional
	Accepted bool `json:"accepted,omitempty"`

	// conditions are Ready, Reconciling and Stalled, as kstatus defines them.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// Generation is the observed generation.
func (s *OperationStatus) Generation() *int64 { return &s.ObservedGeneration }

// OperationWaiting says what an operation waits for.
type OperationWaiting struct {
	// reason is why the operation waits, in one word.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// message says what the operation waits for, and how to fix it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// since is when the operation began to wait for this.
	// +required
	Since metav1.Time `json:"since,omitzero"`

	// retryTime is when the operator retries. Unset, the operation is sent as soon as the wait is over.
	// +optional
	RetryTime *metav1.Time `json:"retryTime,omitempty"`
}

// OperatedCall identifies a Call in the request of an operation.
type OperatedCall struct {
	// name is the Call's name.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// uid is the Call's UID.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID types.UID `json:"uid,omitempty"`

	// connectionID is the service's ID of the call.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ConnectionID string `json:"connectionID,omitempty"`
}

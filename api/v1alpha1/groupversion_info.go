// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "call-operator.dev", Version: "v1alpha1"}

var (
	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers every kind in this package with a scheme.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Call{}, &CallList{},
		&CallAction{}, &CallActionList{},
		&CallFlow{}, &CallFlowList{},
		&CallProvider{}, &CallProviderList{},
		&CallRoute{}, &CallRouteList{},
		&DialOut{}, &DialOutList{},
		&ParticipantMove{}, &ParticipantMoveList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}

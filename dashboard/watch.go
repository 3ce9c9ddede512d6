// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/informer"
)

// shown are the kinds that the page shows.
var shown = map[string]informer.Kind{
	kindCall:     {Object: &v1alpha1.Call{}, NewList: func() client.ObjectList { return &v1alpha1.CallList{} }},
	kindMove:     {Object: &v1alpha1.ParticipantMove{}, NewList: func() client.ObjectList { return &v1alpha1.ParticipantMoveList{} }},
	kindAction:   {Object: &v1alpha1.CallAction{}, NewList: func() client.ObjectList { return &v1alpha1.CallActionList{} }},
	kindDialOut:  {Object: &v1alpha1.DialOut{}, NewList: func() client.ObjectList { return &v1alpha1.DialOutList{} }},
	kindFlow:     {Object: &v1alpha1.CallFlow{}, NewList: func() client.ObjectList { return &v1alpha1.CallFlowList{} }},
	kindRoute:    {Object: &v1alpha1.CallRoute{}, NewList: func() client.ObjectList { return &v1alpha1.CallRouteList{} }},
	kindProvider: {Object: &v1alpha1.CallProvider{}, NewList: func() client.ObjectList { return &v1alpha1.CallProviderList{} }},
}

// trouble is why a kind cannot be shown.
type trouble struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	// SignIn says that the API server no longer accepts the user's credentials.
	SignIn bool `json:"signIn,omitempty"`
}

// troubleOf explains why a kind cannot be shown in a namespace; an empty namespace means all.
func troubleOf(kind, namespace string, err error) trouble {
	t := trouble{Kind: kind, Message: err.Error(), SignIn: apierrors.IsUnauthorized(err)}
	var status apierrors.APIStatus
	switch {
	case apierrors.IsNotFound(err):
		t.Message = "The cluster has no " + kind + ": is call-operator installed?"
	case apierrors.IsForbidden(err) && namespace == "":
		t.Message = "You may not see all namespaces: enter yours above."
	case !errors.As(err, &status):
		t.Message = "The API server cannot be reached. The page may be outdated. " + err.Error()
	}
	return t
}

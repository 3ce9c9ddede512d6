// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package flows finds the CallFlow of a Call.
package flows

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/telephony"
)

// Find reads a CallFlow; nil if it does not exist.
func Find(ctx context.Context, reader client.Reader, namespace, name string) (*v1alpha1.CallFlow, error) {
	flow := &v1alpha1.CallFlow{}
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, flow)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read CallFlow %s: %w", name, err)
	default:
		return flow, nil
	}
}

// Usable says why a Call cannot begin a flow; the error is a *telephony.UnusableError then. A nil use can always begin.
func Usable(ctx context.Context, reader client.Reader, call *v1alpha1.Call, use *v1alpha1.FlowUse) error {
	if use == nil {
		return nil
	}
	flow, err := Find(ctx, reader, call.Namespace, use.Name)
	if err != nil {
		return err
	}
	if flow == nil {
		return telephony.Unusable(v1alpha1.ReasonFlowNotFound, "CallFlow %s does not exist: create it, or name another one.", use.Name)
	}
	if problems := callflow.Check(&flow.Spec); len(problems) > 0 {
		return telephony.Unusable(v1alpha1.ReasonFlowInvalid, "CallFlow %s cannot be run: %s", flow.Name, Summary(problems))
	}
	switch _, missing, unknown := values(flow, call, use); {
	case len(missing) > 0:
		return telephony.Unusable(v1alpha1.ReasonParameterMissing,
			"CallFlow %s needs a value for %s: add it to the parameters of flow, or give it a default in the CallFlow.", flow.Name, strings.Join(missing, ", "))
	case len(unknown) > 0:
		return telephony.Unusable(v1alpha1.ReasonParameterUnknown,
			"CallFlow %s has no parameter %s: remove it from the parameters of flow, or correct its name.", flow.Name, strings.Join(unknown, ", "))
	default:
		return nil
	}
}

// Summary is the first of some problems, and how many more there are.
func Summary(problems []v1alpha1.FlowProblem) string {
	text := fmt.Sprintf("%s: %s", problems[0].Field, problems[0].Message)
	if more := len(problems) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more, in status.problems)", more)
	}
	return text
}

// Values are the values of a flow's parameters in a Call.
func Values(flow *v1alpha1.CallFlow, call *v1alpha1.Call) callflow.Values {
	known, _, _ := values(flow, call, call.FlowUse())
	return known
}

func values(flow *v1alpha1.CallFlow, call *v1alpha1.Call, use *v1alpha1.FlowUse) (known callflow.Values, missing, unknown []string) {
	from, to := party.Both(&call.Spec)
	var given map[string]string
	if use != nil {
		given = use.Parameters
	}
	return callflow.ValuesOf(&flow.Spec, given, call.Name, from, to)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

const takeLong = `

This sets spec.action of the Call, once, while it rings. A call rings for 30 seconds. A call that a CallRoute has taken can
no longer be changed.`

func newAnswer(kube *kube) *cobra.Command {
	var labels map[string]string
	command := newTake(kube, "answer CALL", "Answer an incoming call that no route takes", "is being answered", 1, func([]string) (v1alpha1.RouteAction, error) {
		return v1alpha1.RouteAction{Answer: &v1alpha1.AnswerAction{CallLabels: labels}}, nil
	})
	command.Flags().StringToStringVarP(&labels, "labels", "l", nil, "Labels that the Call gets when it is answered, such as room=lobby.")
	return command
}

func newRedirect(kube *kube) *cobra.Command {
	return newTake(kube, "redirect CALL TO", "Redirect an incoming call that no route takes", "is being redirected", 2,
		func(args []string) (v1alpha1.RouteAction, error) { return useractions.ParseAction("redirect", args[1]) })
}

func newReject(kube *kube) *cobra.Command {
	var busy bool
	command := newTake(kube, "reject CALL", "Reject an incoming call that no route takes", "is being rejected", 1, func([]string) (v1alpha1.RouteAction, error) {
		action := v1alpha1.RejectAction{Reason: v1alpha1.RejectReasonNone}
		if busy {
			action.Reason = v1alpha1.RejectReasonBusy
		}
		return v1alpha1.RouteAction{Reject: &action}, nil
	})
	command.Flags().BoolVar(&busy, "busy", false, "Give the caller's side the reason Busy.")
	return command
}

// newTake is a command that handles an incoming call by hand.
func newTake(kube *kube, use, short, did string, args int, action func(args []string) (v1alpha1.RouteAction, error)) *cobra.Command {
	var output output
	command := &cobra.Command{
		Use: use, Short: short, Long: short + "." + takeLong,
		Args: cobra.ExactArgs(args), PreRunE: output.check,
		ValidArgsFunction: callNames(kube, func(call *v1alpha1.Call) bool { return useractions.CannotHandleIncoming(call) == "" }),
		RunE: func(command *cobra.Command, args []string) error {
			chosen, err := action(args)
			if err != nil {
				return err
			}
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			call, err := useractions.Client{Kube: c}.HandleIncoming(command.Context(), useractions.Ref{Namespace: namespace, Name: callName(args[0])}, chosen)
			if err != nil {
				return explainAction(err)
			}
			return output.object(command.OutOrStdout(), call, "call", did)
		},
	}
	output.bind(command.Flags())
	return command
}

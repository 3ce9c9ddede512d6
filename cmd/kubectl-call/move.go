// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

func newMove(kube *kube) *cobra.Command {
	var participant string
	var output output
	command := &cobra.Command{
		Use:   "move FROM-CALL TO-CALL",
		Short: "Move a participant from one connected call into another",
		Long: `Move a participant from one connected call into another of the same provider.

Without --participant, it moves the callee of the first call or, for an incoming call, the caller. For a move that waits
until its calls are connected, apply a ParticipantMove.`,
		Example: `  # Move the callee of call-2 into the conference
  kubectl call move call-2 user-call`,
		Args: cobra.ExactArgs(2), PreRunE: output.check,
		ValidArgsFunction: callNames(kube, func(call *v1alpha1.Call) bool { return useractions.CannotOperate(call) == "" }),
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			move, err := useractions.Client{Kube: c}.Move(command.Context(), useractions.MoveRequest{
				Namespace: namespace, From: callName(args[0]), To: callName(args[1]), Participant: participant,
			})
			if err != nil {
				return explainAction(err)
			}
			return output.object(command.OutOrStdout(), move, "participantmove", "moves the participant from "+callName(args[0])+" to "+callName(args[1]))
		},
	}
	command.Flags().StringVarP(&participant, "participant", "p", "", "Participant to move: a number or an ID from the first call's roster.")
	output.bind(command.Flags())
	return command
}

func newRetry(kube *kube) *cobra.Command {
	var output output
	command := &cobra.Command{
		Use:   "retry CALL",
		Short: "Retry a call that did not take place",
		Long: `Retry a call that did not take place, as a new Call. The new name is derived from the old one, so retrying a Call twice
creates one new Call.`,
		Args: cobra.ExactArgs(1), PreRunE: output.check,
		ValidArgsFunction: callNames(kube, func(call *v1alpha1.Call) bool { return useractions.CannotRetry(call) == "" }),
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			call, err := useractions.Client{Kube: c}.Retry(command.Context(), useractions.Ref{Namespace: namespace, Name: callName(args[0])})
			if err != nil {
				return explainAction(err)
			}
			return output.object(command.OutOrStdout(), call, "call", "is on its way")
		},
	}
	output.bind(command.Flags())
	return command
}

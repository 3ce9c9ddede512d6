// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package calloperation

import (
	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/rawid"
)

// Claims say which operations in a call exclude each other: one that needs what another one holds waits for it.
type Claims struct {
	// Holds is what an operation has for itself until it is over.
	Holds []string
	// Needs is what nobody else may hold when it is sent.
	Needs []string
}

// ClaimsOf are the claims of an operation in the named Call. One operation plays or listens at a time, unless it interrupts. Nothing begins
// to play or listen while a request to stop that may be repeated. Two operations must not call or remove the same participant.
func ClaimsOf(asked *v1alpha1.CallOperation, call string) Claims {
	switch {
	case asked.Play != nil && asked.Play.Interrupt, asked.Recognize != nil && asked.Recognize.Interrupt:
		return Claims{Holds: []string{Media(call)}, Needs: []string{Stopping(call)}}
	case asked.Play != nil, asked.Recognize != nil, asked.SendTones != nil:
		return Claims{Holds: []string{Media(call)}, Needs: []string{Media(call), Stopping(call)}}
	case asked.CancelMedia != nil:
		return Claims{Holds: []string{Stopping(call)}}
	case StartsRecording(asked):
		return exclusive(recording(call))
	case asked.Transfer != nil:
		return exclusive(transfer(call))
	}
	if who := Participant(asked, &v1alpha1.Call{}); who != nil {
		return exclusive(participant(party.Key(who), call))
	}
	return Claims{}
}

func exclusive(claim string) Claims { return Claims{Holds: []string{claim}, Needs: []string{claim}} }

// Media is the claim of what plays or listens in a call, and Stopping that of a request to stop all of it.
func Media(call string) string { return "media " + call }

// Stopping is the claim of a request that stops whatever plays or listens in a call.
func Stopping(call string) string { return "stopping " + call }

func recording(call string) string { return "recording " + call }

func transfer(call string) string { return "transfer " + call }

func participant(key, call string) string { return "participant " + key + " of " + call }

// HeldByStep is what the step that a call is at holds, as far as the status of the named Call tells.
func HeldByStep(flow *v1alpha1.FlowProgress, call string) []string {
	switch v1alpha1.OperationName(flow.Does) {
	case v1alpha1.OperationPlay, v1alpha1.OperationRecognize, v1alpha1.OperationSendTones:
		return []string{Media(call)}
	case v1alpha1.OperationRecord:
		return []string{recording(call)}
	case v1alpha1.OperationTransfer:
		return []string{transfer(call)}
	}
	if key := rawid.Key(flow.Participant); key != "" {
		return []string{participant(key, call)}
	}
	return nil
}

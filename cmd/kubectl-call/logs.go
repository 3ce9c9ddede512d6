// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/switchboard"
)

func newLogs(kube *kube) *cobra.Command {
	var output output
	command := &cobra.Command{
		Use:   "logs CALL",
		Short: "Tell the story of a call",
		Long: `Tell the story of a call in the order in which it happened: what was asked for, each attempt, what the service reported,
moves from and to it, and how it ended. Kubernetes keeps its events for an hour as a rule; the rest is in the Call itself.`,
		Args: cobra.ExactArgs(1), PreRunE: output.checkData,
		ValidArgsFunction: callNames(kube, func(*v1alpha1.Call) bool { return true }),
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			call, key := &v1alpha1.Call{}, client.ObjectKey{Namespace: namespace, Name: callName(args[0])}
			if err := c.Get(command.Context(), key, call); err != nil {
				return explain(err, "Call", key)
			}
			entries := storyOf(call)
			entries = append(entries, moveEntries(command.Context(), c, call)...)
			entries = append(entries, eventEntries(command.Context(), c, call)...)
			return printStory(command.OutOrStdout(), entries, &output)
		},
	}
	output.bindData(command.Flags())
	return command
}

// entry is one thing that happened.
type entry struct {
	At     time.Time `json:"time"`
	Source string    `json:"source"`
	Text   string    `json:"text"`
}

// storyOf is what the Call itself says of its life.
func storyOf(call *v1alpha1.Call) []entry {
	status := &call.Status
	from, to := switchboard.Parties(call)
	text := fmt.Sprintf("A call from %s to %s is wanted, by way of CallProvider %s.", cmp.Or(from, "nobody in particular"), to, call.Spec.ProviderRef.Name)
	if call.Spec.Inbound != nil {
		text = fmt.Sprintf("A call from %s to %s came in, by way of CallProvider %s.", cmp.Or(from, "a withheld number"), to, call.Spec.ProviderRef.Name)
	}
	entries := []entry{{call.CreationTimestamp.Time, "spec", text}}
	if status.Attempt != nil {
		entries = append(entries, entry{status.Attempt.FirstSent.Time, "attempt", "The request was sent, with the ID " + status.Attempt.ID + "."})
	}
	if waiting := status.Waiting; waiting != nil {
		entries = append(entries, entry{waiting.Since.Time, "waiting", waiting.Reason + ": " + waiting.Message})
	}
	for _, event := range status.History {
		entries = append(entries, entry{event.Time.Time, "service", event.Type})
	}
	if status.Ending != nil {
		entries = append(entries, entry{status.Ending.Time.Time, "ending", "The call is hung up: " + string(status.Ending.Reason) + "."})
	}
	if result := status.Result; result != nil {
		code := ""
		if result.Code != 0 || result.SubCode != 0 {
			code = fmt.Sprintf(" (code %d, sub-code %d)", result.Code, result.SubCode)
		}
		entries = append(entries, entry{result.EndTime.Time, "result", fmt.Sprintf("%s: %s%s", result.Outcome, result.Message, code)})
	}
	return entries
}

// moveEntries are the moves from and to a Call, as far as they may be seen.
func moveEntries(ctx context.Context, c client.Client, call *v1alpha1.Call) []entry {
	var moves v1alpha1.ParticipantMoveList
	if err := c.List(ctx, &moves, client.InNamespace(call.Namespace)); err != nil {
		return []entry{{time.Now(), "moves", "Moves cannot be seen: " + err.Error()}}
	}
	var entries []entry
	for i := range moves.Items {
		move := &moves.Items[i]
		from, to := move.Status.From, move.Status.To
		if from == nil || to == nil || from.Name != call.Name && to.Name != call.Name {
			continue
		}
		if move.Status.Attempt != nil {
			entries = append(entries, entry{move.Status.Attempt.FirstSent.Time, "move", fmt.Sprintf("ParticipantMove %s was sent, from %s to %s.", move.Name, from.Name, to.Name)})
		}
		if result := move.Status.Result; result != nil {
			entries = append(entries, entry{result.EndTime.Time, "move", fmt.Sprintf("ParticipantMove %s: %s. %s", move.Name, result.Outcome, result.Message)})
		}
	}
	return entries
}

// eventEntries are the Kubernetes events of a Call, as far as they may be seen.
func eventEntries(ctx context.Context, c client.Client, call *v1alpha1.Call) []entry {
	var events eventsv1.EventList
	if err := c.List(ctx, &events, client.InNamespace(call.Namespace)); err != nil {
		return []entry{{time.Now(), "events", "Kubernetes events cannot be seen: " + err.Error()}}
	}
	var entries []entry
	for i := range events.Items {
		event := &events.Items[i]
		if event.Regarding.UID != call.UID {
			continue
		}
		at := event.EventTime.Time
		if at.IsZero() {
			at = event.CreationTimestamp.Time
		}
		entries = append(entries, entry{at, "event", event.Reason + ": " + event.Note})
	}
	return entries
}

func printStory(out io.Writer, entries []entry, output *output) error {
	slices.SortStableFunc(entries, func(a, b entry) int { return a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)) })
	for i := range entries {
		entries[i].At, entries[i].Text = entries[i].At.UTC().Truncate(time.Second), output.text(entries[i].Text)
	}
	if output.isData() {
		return output.data(out, entries)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", e.At.Format(time.RFC3339), e.Source, e.Text)
	}
	return table.Flush()
}

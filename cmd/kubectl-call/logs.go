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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
)

func newLogs(kube *kube) *cobra.Command {
	var output output
	command := &cobra.Command{
		Use:   "logs CALL",
		Short: "Show the history of a call",
		Long: `Show the history of a call in order of time: what was requested, each attempt, what the service reported, moves from and
to the call, actions in it, and how it ended. Kubernetes keeps Events for an hour by default; everything else is in the Call itself.`,
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
			entries = append(entries, actionEntries(command.Context(), c, call)...)
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

// storyOf is the history as the Call itself records it.
func storyOf(call *v1alpha1.Call) []entry {
	status := &call.Status
	from, to := party.Both(&call.Spec)
	by := ""
	if requester := call.Annotations[v1alpha1.RequestedByAnnotation]; requester != "" {
		by = " by " + requester
	}
	text := fmt.Sprintf("A call from %s to %s was requested%s through CallProvider %s.", cmp.Or(from, "no caller ID"), to, by, call.Spec.ProviderRef.Name)
	if call.Spec.Inbound != nil {
		text = fmt.Sprintf("A call from %s to %s came in through CallProvider %s.", cmp.Or(from, "a withheld number"), to, call.Spec.ProviderRef.Name)
	}
	entries := []entry{{call.CreationTimestamp.Time, "spec", text}}
	entries = append(append(entries, takenEntries(call)...), legEntry(call)...)
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

// takenEntries says what took an incoming call, and how. Events say it too, but only for an hour. The Call does not
// record a time for it, so the time of the request is used, or else that of the end.
func takenEntries(call *v1alpha1.Call) []entry {
	route := call.Status.Route
	if route == nil {
		return nil
	}
	at := call.CreationTimestamp.Time
	switch {
	case call.Status.Attempt != nil:
		at = call.Status.Attempt.FirstSent.Time
	case call.Status.Result != nil:
		at = call.Status.Result.EndTime.Time
	}
	taker := "spec.action"
	if route.Name != "" {
		taker = "CallRoute " + route.Name
	}
	text := fmt.Sprintf("%s answers the call.", taker)
	switch route.Action {
	case v1alpha1.RouteActionRedirect:
		text = fmt.Sprintf("%s redirects the call to %s.", taker, party.Text(route.RedirectTo))
	case v1alpha1.RouteActionReject:
		text = fmt.Sprintf("%s rejects the call with the reason %s.", taker, route.RejectReason)
	}
	return []entry{{at, "route", text}}
}

// legEntry shows what is known about the other leg of a call between two parties of the provider.
func legEntry(call *v1alpha1.Call) []entry {
	leg := call.Status.OtherLeg
	if leg == nil {
		return nil
	}
	at := call.CreationTimestamp.Time
	if call.Status.Attempt != nil && call.Spec.To != nil {
		at = call.Status.Attempt.FirstSent.Time
	}
	text := leg.Message
	switch {
	case leg.State == v1alpha1.OtherLegExpected:
		text = "The callee is one of the provider's own numbers. The incoming leg of the call has not arrived."
	case leg.State == v1alpha1.OtherLegPaired && call.Spec.To != nil:
		text = fmt.Sprintf("Came in as Call %s.", leg.Name)
	case leg.State == v1alpha1.OtherLegPaired:
		text = fmt.Sprintf("Placed by Call %s.", leg.Name)
	}
	return []entry{{at, "other side", text}}
}

// moveEntries are the moves from and to a Call, if the user may list them.
func moveEntries(ctx context.Context, c client.Client, call *v1alpha1.Call) []entry {
	var moves v1alpha1.ParticipantMoveList
	if err := c.List(ctx, &moves, client.InNamespace(call.Namespace)); err != nil {
		return []entry{{time.Now(), "moves", "Moves cannot be seen: " + err.Error()}}
	}
	var entries []entry
	for i := range moves.Items {
		if move := &moves.Items[i]; concerns(&move.Spec.From, move.Status.From, call) || concerns(&move.Spec.To, move.Status.To, call) {
			entries = append(entries, storyOfMove(move)...)
		}
	}
	return entries
}

// concerns tells whether a move or an action is about a Call. Before it is sent, only its spec says so, possibly by labels;
// afterwards the connection distinguishes an earlier Call of the same name.
func concerns(wanted *v1alpha1.CallReference, operated *v1alpha1.OperatedCall, call *v1alpha1.Call) bool {
	switch {
	case operated != nil && operated.ConnectionID != "":
		return operated.Name == call.Name && operated.ConnectionID == call.Status.ConnectionID
	case operated != nil:
		return operated.Name == call.Name
	case wanted.Selector != nil:
		selector, err := metav1.LabelSelectorAsSelector(wanted.Selector)
		return err == nil && selector.Matches(labels.Set(call.Labels))
	default:
		return wanted.Name == call.Name
	}
}

// endOfMove is one end of a move as readable text.
func endOfMove(wanted *v1alpha1.CallReference, moved *v1alpha1.OperatedCall) string {
	switch {
	case moved != nil:
		return moved.Name
	case wanted.Selector != nil:
		return "a Call with " + metav1.FormatLabelSelector(wanted.Selector)
	default:
		return wanted.Name
	}
}

// requester says who asked for a move or an action, if that is known.
func requester(object client.Object) string {
	if name := object.GetAnnotations()[v1alpha1.RequestedByAnnotation]; name != "" {
		return " (requested by " + name + ")"
	}
	return ""
}

// storyOfMove is the history of a move up to now.
func storyOfMove(move *v1alpha1.ParticipantMove) []entry {
	status := &move.Status
	ends := fmt.Sprintf("from %s to %s%s", endOfMove(&move.Spec.From, status.From), endOfMove(&move.Spec.To, status.To), requester(move))
	var entries []entry
	if status.Attempt != nil {
		entries = append(entries, entry{status.Attempt.FirstSent.Time, "move", fmt.Sprintf("ParticipantMove %s was sent, %s.", move.Name, ends)})
	} else {
		entries = append(entries, entry{move.CreationTimestamp.Time, "move", fmt.Sprintf("ParticipantMove %s was requested, %s.", move.Name, ends)})
	}
	if waiting := status.Waiting; waiting != nil && status.Result == nil {
		entries = append(entries, entry{waiting.Since.Time, "move", fmt.Sprintf("ParticipantMove %s waits: %s: %s", move.Name, waiting.Reason, waiting.Message)})
	}
	if result := status.Result; result != nil {
		entries = append(entries, entry{result.EndTime.Time, "move", fmt.Sprintf("ParticipantMove %s: %s. %s", move.Name, result.Outcome, result.Message)})
	}
	return entries
}

// actionEntries are the actions in a Call, if the user may list them.
func actionEntries(ctx context.Context, c client.Client, call *v1alpha1.Call) []entry {
	var actions v1alpha1.CallActionList
	if err := c.List(ctx, &actions, client.InNamespace(call.Namespace)); err != nil {
		return []entry{{time.Now(), "actions", "Actions cannot be seen: " + err.Error()}}
	}
	var entries []entry
	for i := range actions.Items {
		if action := &actions.Items[i]; concerns(&action.Spec.Call, action.Status.Call, call) {
			entries = append(entries, storyOfAction(action)...)
		}
	}
	return entries
}

// storyOfAction is the history of an action up to now.
func storyOfAction(action *v1alpha1.CallAction) []entry {
	status := &action.Status
	var entries []entry
	add := func(at metav1.Time, text string) {
		entries = append(entries, entry{at.Time, "action", fmt.Sprintf("CallAction %s%s", action.Name, text)})
	}
	if status.Attempt != nil {
		add(status.Attempt.FirstSent, fmt.Sprintf(" was sent: %s%s.", action.Spec.Name(), requester(action)))
	} else {
		add(action.CreationTimestamp, fmt.Sprintf(" was requested: %s%s.", action.Spec.Name(), requester(action)))
	}
	if waiting := status.Waiting; waiting != nil && status.Result == nil {
		add(waiting.Since, fmt.Sprintf(" waits: %s: %s", waiting.Reason, waiting.Message))
	}
	if result := status.Result; result != nil {
		text := fmt.Sprintf(": %s. %s", result.Outcome, result.Message)
		if status.Answer != nil {
			text += fmt.Sprintf(" The answer: %s.", status.Answer.Summary)
		}
		add(result.EndTime, text)
	}
	return entries
}

// eventEntries are the Kubernetes Events of a Call, if the user may list them.
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

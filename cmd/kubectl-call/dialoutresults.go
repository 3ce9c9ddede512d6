// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/textobject"
)

// targetResult is what became of a target, for scripts.
type targetResult struct {
	// Index is the number of the target in the list, from 0, as in status.doneTargets.
	Index int `json:"index"`
	v1alpha1.DialOutTarget
	State dialout.State `json:"state"`
	// Accepted says that the flow ended with an outcome that counts as accepted.
	Accepted bool `json:"accepted"`
	// AttemptCount is how many attempts there were; Attempts are the last ones, oldest first.
	AttemptCount int               `json:"attemptCount"`
	Attempts     []dialout.Attempt `json:"attempts,omitempty"`
	// Next is when the next attempt is due.
	Next *time.Time `json:"next,omitempty"`
}

// statePending is the state of a target that was not called, in words.
const statePending dialout.State = "Pending"

func newResults(kube *kube) *cobra.Command {
	var output output
	command := &cobra.Command{
		Use:   "results DIAL-OUT",
		Short: "Print what became of each target of a dial-out",
		Long: `Print what became of each target of a dial-out, in the order of its list. The results are kept with the DialOut, also when its
Calls are gone: in ConfigMaps, or in Secrets if its list is in one.`,
		Example: `  # As a spreadsheet
  kubectl call results reminders -o csv > results.csv`,
		Args: cobra.ExactArgs(1),
		PreRunE: func(*cobra.Command, []string) error {
			if output.format == "" || output.format == formatCSV || output.isData() {
				return nil
			}
			return fmt.Errorf("--output %q: write csv, json or yaml", output.format)
		},
		ValidArgsFunction: dialOutNames(kube, func(dialOut *v1alpha1.DialOut) bool { return dialOut.Status.Targets != nil }),
		RunE: func(command *cobra.Command, args []string) error {
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			dialOut, key := &v1alpha1.DialOut{}, client.ObjectKey{Namespace: namespace, Name: dialOutName(args[0])}
			if err := c.Get(command.Context(), key, dialOut); err != nil {
				return explain(err, "DialOut", key)
			}
			results, err := readResults(command.Context(), c, dialOut)
			if err != nil {
				return err
			}
			return output.results(command.OutOrStdout(), results)
		},
	}
	output.bind(command.Flags())
	command.Flags().Lookup("output").Usage = "Output format for scripts: csv, json or yaml. Empty prints text for people."
	command.Flags().Lookup(showNumbersFlag).Usage = "Show phone numbers in full. csv, json and yaml always show them."
	return command
}

const (
	formatCSV = "csv"
	// partsAtOnce is how many objects are read at the same time.
	partsAtOnce = 8
)

// readResults reads the objects that a DialOut keeps its targets and results in.
func readResults(ctx context.Context, c client.Client, dialOut *v1alpha1.DialOut) ([]targetResult, error) {
	read := dialOut.Status.Targets
	if read == nil {
		return nil, fmt.Errorf("DialOut %s has not read its list yet: see kubectl describe dialout %s", dialOut.Name, dialOut.Name)
	}
	parts := make([][]targetResult, read.Chunks)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for n := range parts {
		group.Go(func() (err error) {
			parts[n], err = readPart(ctx, c, dialOut, n)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	results := make([]targetResult, 0, read.Count)
	for _, part := range parts {
		for i := range part {
			part[i].Index = len(results)
			results = append(results, part[i])
		}
	}
	return results, nil
}

func readPart(ctx context.Context, c client.Client, dialOut *v1alpha1.DialOut, n int) ([]targetResult, error) {
	name, hash := dialOut.Name, dialOut.Status.Targets.Hash
	targets, err := readObject(ctx, c, dialOut, dialout.TargetsName(name, hash, n), dialout.TargetsKey)
	if err != nil {
		return nil, err
	}
	text, err := readObject(ctx, c, dialOut, dialout.ResultsName(name, hash, n), dialout.ResultsKey)
	if err != nil {
		return nil, err
	}
	lines, err := dialout.DecodeLines(text)
	rows := dialout.SplitLines(targets)
	if err != nil || len(lines) != len(rows) {
		return nil, fmt.Errorf("the results in %s are damaged", dialout.ResultsName(name, hash, n))
	}
	results := make([]targetResult, len(rows))
	for i, line := range lines {
		result := &results[i]
		if err := json.Unmarshal(rows[i], &result.DialOutTarget); err != nil {
			return nil, fmt.Errorf("the targets in %s are damaged: %w", dialout.TargetsName(name, hash, n), err)
		}
		result.State, result.Accepted, result.AttemptCount = cmp.Or(line.State, statePending), line.Accepted, line.Counted
		result.Attempts, result.Next = line.Attempts, line.Next
	}
	return results, nil
}

// readObject reads the text of an object that belongs to a DialOut.
func readObject(ctx context.Context, c client.Client, dialOut *v1alpha1.DialOut, name, key string) ([]byte, error) {
	at := client.ObjectKey{Namespace: dialOut.Namespace, Name: name}
	object := textobject.New(dialOut.Status.Targets.InSecrets)
	if err := c.Get(ctx, at, object); err != nil {
		return nil, explain(err, textobject.Kind(object), at)
	}
	if object.GetLabels()[v1alpha1.DialOutLabel] != string(dialOut.UID) {
		return nil, fmt.Errorf("%s belongs to another DialOut of the same name", name)
	}
	text, _ := textobject.Text(object, key)
	return text, nil
}

// last is the last attempt, or an empty one.
func (r *targetResult) last() dialout.Attempt {
	if len(r.Attempts) == 0 {
		return dialout.Attempt{}
	}
	return r.Attempts[len(r.Attempts)-1]
}

func (o *output) results(out io.Writer, results []targetResult) error {
	switch o.format {
	case "":
		return o.resultsTable(out, results)
	case formatCSV:
		return resultsCSV(out, results)
	default:
		return o.data(out, results)
	}
}

func (o *output) resultsTable(out io.Writer, results []targetResult) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, "NAME\tTO\tSTATE\tATTEMPTS\tOUTCOME\tFLOW-OUTCOME\tENDED\tCALL")
	for i := range results {
		result := &results[i]
		last, to := result.last(), party.Text(&result.To)
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", cmp.Or(result.Name, "-"), party.Short(o.text(to)), result.State, result.AttemptCount, last.Outcome,
			last.FlowOutcome, timeText(&last.End), last.Call)
	}
	return table.Flush()
}

// resultsCSV writes a line for each target, with its last attempt.
func resultsCSV(out io.Writer, results []targetResult) error {
	lines := csv.NewWriter(out)
	err := lines.Write([]string{
		"index", "name", "to", "state", "accepted", "attempts", "outcome", "flowOutcome", "started", "connected", "ended", "nextAttempt", "call",
	})
	for i := range results {
		result := &results[i]
		last := result.last()
		err = errors.Join(err, lines.Write([]string{
			strconv.Itoa(result.Index), result.Name, party.Text(&result.To), string(result.State), strconv.FormatBool(result.Accepted),
			strconv.Itoa(result.AttemptCount), last.Outcome, last.FlowOutcome, timeText(&last.Start), timeText(last.Connected), timeText(&last.End),
			timeText(result.Next), last.Call,
		}))
	}
	lines.Flush()
	return errors.Join(err, lines.Error())
}

// timeText is "" for a time that is not known.
func timeText(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

// dialOutRequest is what the flags say of a DialOut.
type dialOutRequest struct {
	file, format               string
	secret, skipBadLines, dry  bool
	provider                   string
	from, hours, accepted      []string
	flow, timeZone, perSecond  string
	parameters, labels         map[string]string
	parallelism, attempts      int32
	sequential, suspend        bool
	ringTimeout, retryInterval string
}

func newDialOut(kube *kube) *cobra.Command {
	var request dialOutRequest
	var output output
	command := &cobra.Command{
		Use:     "dial-out NAME -f FILE",
		Aliases: []string{"dialout"},
		Short:   "Call everybody in a list",
		Long: `Call everybody in a list, as a DialOut.

The list is CSV whose first line names the columns: phoneNumber (or communicationUser, teamsUser, sipURI), name and timeZone;
any other column is a parameter of the flow. Or it is JSON lines, with the fields of a target in an object on each line. It is
checked first: if a line cannot be used, nobody is called, unless --skip-bad-lines is set. Then it is kept in ConfigMaps, or in
Secrets with --secret, that are deleted with the DialOut.

Without --provider and --from, the namespace must have exactly one CallProvider with one number. If the answer is lost, repeat
the command: the second DialOut of the same name is refused.`,
		Example: `  # Check the list, and show what would be created
  kubectl call dial-out reminders -f patients.csv --flow appointment-reminder --dry-run

  # Call ten people at a time, on weekdays, and try three times
  kubectl call dial-out reminders -f patients.csv --flow appointment-reminder --parallelism 10 --attempts 3 \
    --hours "Monday-Friday 09:00-20:00" --time-zone Europe/London

  # Call one after the other until somebody accepts
  kubectl call dial-out outage -f on-call.csv --flow page --sequential --accepted acknowledged`,
		Args: cobra.ExactArgs(1), PreRunE: output.check, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, args []string) error {
			list, err := request.readList(command)
			if err != nil {
				return err
			}
			c, namespace, err := kube.connect()
			if err != nil {
				return err
			}
			name := dialOutName(args[0])
			dialOut, err := request.dialOut(command.Context(), c, namespace, name, list)
			if err != nil {
				return err
			}
			lists := list.objects(namespace, name, request.secret)
			if err := request.create(command.Context(), c, lists, dialOut); err != nil {
				return explainAction(err)
			}
			if request.dry && output.isData() {
				return output.list(command.OutOrStdout(), append(lists, dialOut))
			}
			return output.object(command.OutOrStdout(), dialOut, "dialout", list.summary(request.dry))
		},
	}
	request.bind(command.Flags())
	output.bind(command.Flags())
	for flag, names := range map[string]func(context.Context, client.Client, string) []string{"provider": providerNames, "flow": flowNames} {
		complete(command, kube, flag, names)
	}
	if err := command.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag does not exist: a bug in this program
	}
	return command
}

func (r *dialOutRequest) bind(flags *pflag.FlagSet) {
	flags.StringVarP(&r.file, "file", "f", "", "File with the list, or - to read it from the standard input.")
	flags.StringVar(&r.format, "format", "", "Format of the list: CSV or JSONLines. Without it, the name of the file says so: .csv, .jsonl or .ndjson.")
	flags.BoolVar(&r.secret, "secret", false, "Keep the list in Secrets. The results are then in Secrets too.")
	flags.BoolVar(&r.skipBadLines, "skip-bad-lines", false, "Call the others if some lines cannot be used.")
	flags.BoolVar(&r.dry, "dry-run", false, "Check the list and the DialOut, and create nothing. With -o, print the objects.")
	flags.StringVar(&r.provider, "provider", "", "Name of the CallProvider.")
	flags.StringSliceVar(&r.from, "from", nil, "Number of the provider to call from. Can be repeated; the calls are then spread over the numbers.")
	flags.StringVar(&r.flow, "flow", "", "CallFlow that the calls run once they are answered.")
	flags.StringToStringVar(&r.parameters, "parameter", nil, "Parameters of the flow for all targets, such as clinic=Elm.")
	flags.StringToStringVarP(&r.labels, "labels", "l", nil, "Labels of the DialOut and its Calls, such as team=sales.")
	flags.Int32Var(&r.parallelism, "parallelism", 1, "How many calls there are at a time.")
	flags.StringVar(&r.perSecond, "calls-per-second", "", "How many calls are started each second, such as 5, or 500m for one in two seconds.")
	flags.Int32Var(&r.attempts, "attempts", 1, "How often somebody is called at most. NoAnswer, Busy and Failed are tried again.")
	flags.StringVar(&r.retryInterval, "retry-after", "", "How long to wait before somebody is called again, such as 30m. Without it, 10m.")
	flags.StringArrayVar(&r.hours, "hours", nil, `When calls are started, such as "Monday-Friday 09:00-20:00" or 10:00-18:00. Can be repeated. With --time-zone.`)
	flags.StringVar(&r.timeZone, "time-zone", "", "Time zone of --hours for targets that have none of their own, such as Europe/London.")
	flags.BoolVar(&r.sequential, "sequential", false, "Call somebody only after all attempts of the one before.")
	flags.StringSliceVar(&r.accepted, "accepted", nil, "Outcome of the flow that counts as accepted. Nobody is called any more once a call has it. Can be repeated.")
	flags.StringVar(&r.ringTimeout, "ring-timeout", "", "How long to ring, such as 45s.")
	flags.BoolVar(&r.suspend, "suspend", false, "Start no call until the DialOut is resumed.")
}

// readList reads and checks the list.
func (r *dialOutRequest) readList(command *cobra.Command) (*targets, error) {
	format, err := r.listFormat()
	if err != nil {
		return nil, err
	}
	text, err := r.readFile(command.InOrStdin())
	if err != nil {
		return nil, err
	}
	list := newTargets(format, text)
	if len(list.pieces) > maxPieces {
		return nil, fmt.Errorf("%s is too long: divide it among several DialOuts", r.file)
	}
	list.printProblems(command.ErrOrStderr(), r.file)
	switch {
	case len(list.read.Targets) == 0:
		return nil, fmt.Errorf("nobody in %s can be called", r.file)
	case list.read.ProblemCount > 0 && !r.skipBadLines:
		return nil, fmt.Errorf("%d lines of %s cannot be used: correct them, or use --skip-bad-lines to call the others", list.read.ProblemCount, r.file)
	default:
		return list, nil
	}
}

func (r *dialOutRequest) listFormat() (v1alpha1.TargetsFormat, error) {
	switch extension := strings.ToLower(filepath.Ext(r.file)); {
	case strings.EqualFold(r.format, string(v1alpha1.TargetsCSV)), r.format == "" && extension == ".csv":
		return v1alpha1.TargetsCSV, nil
	case strings.EqualFold(r.format, string(v1alpha1.TargetsJSONLines)), r.format == "" && (extension == ".jsonl" || extension == ".ndjson"):
		return v1alpha1.TargetsJSONLines, nil
	case r.format != "":
		return "", fmt.Errorf("--format %q: write CSV or JSONLines", r.format)
	default:
		return "", fmt.Errorf("the name of %s does not say which format it has: set --format to CSV or JSONLines", r.file)
	}
}

func (r *dialOutRequest) readFile(in io.Reader) ([]byte, error) {
	if r.file == "-" {
		return io.ReadAll(in)
	}
	return os.ReadFile(r.file)
}

// dialOut is what the flags ask for.
func (r *dialOutRequest) dialOut(ctx context.Context, c client.Client, namespace, name string, list *targets) (*v1alpha1.DialOut, error) {
	if err := r.completeFrom(ctx, c, namespace, list); err != nil {
		return nil, err
	}
	dialOut := &v1alpha1.DialOut{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: r.labels},
		Spec: v1alpha1.DialOutSpec{
			CallTemplate: v1alpha1.CallTemplate{Spec: v1alpha1.CallTemplateSpec{ProviderRef: v1alpha1.ProviderReference{Name: r.provider}}},
			TargetsFrom:  list.references(name, r.secret), Parallelism: ptr.To(r.parallelism), Suspend: r.suspend,
		},
	}
	spec := &dialOut.Spec
	for _, number := range r.from {
		from, err := useractions.ParseParty(number)
		if err != nil || from.PhoneNumber == "" {
			return nil, fmt.Errorf("--from %s: write a number of the provider, such as %s", number, exampleNumber)
		}
		spec.From = append(spec.From, from.PhoneNumber)
	}
	if len(r.labels) > 0 {
		spec.CallTemplate.Metadata = &v1alpha1.CallTemplateMetadata{Labels: r.labels}
	}
	if r.flow != "" {
		spec.CallTemplate.Spec.Flow = &v1alpha1.FlowUse{Name: r.flow, Parameters: r.parameters}
	} else if len(r.parameters) > 0 {
		return nil, errors.New("--parameter is for a flow: set --flow too")
	}
	if r.sequential {
		spec.Order = v1alpha1.OrderSequential
	}
	if len(r.accepted) > 0 {
		spec.Until = v1alpha1.UntilFirstAccepted
		for _, outcome := range r.accepted {
			spec.AcceptedFlowOutcomes = append(spec.AcceptedFlowOutcomes, v1alpha1.FlowOutcome(outcome))
		}
	}
	return dialOut, r.pace(spec)
}

// pace sets when calls are started.
func (r *dialOutRequest) pace(spec *v1alpha1.DialOutSpec) error {
	if r.perSecond != "" {
		perSecond, err := resource.ParseQuantity(r.perSecond)
		if err != nil {
			return fmt.Errorf("--calls-per-second %q: write a number such as 5, or 500m for one in two seconds", r.perSecond)
		}
		spec.CallsPerSecond = &perSecond
	}
	var err error
	if spec.CallTemplate.Spec.RingTimeout, err = parseDurationFlag("ring-timeout", r.ringTimeout); err != nil {
		return err
	}
	pause, err := parseDurationFlag("retry-after", r.retryInterval)
	if err != nil {
		return err
	}
	if r.attempts != 1 {
		spec.Attempts = &v1alpha1.DialOutAttempts{Limit: ptr.To(r.attempts)}
	}
	if pause != nil {
		if spec.Attempts == nil {
			return errors.New("--retry-after is for several attempts: set --attempts too")
		}
		again := []v1alpha1.CallOutcome{v1alpha1.OutcomeNoAnswer, v1alpha1.OutcomeBusy, v1alpha1.OutcomeFailed}
		spec.Attempts.Rules = []v1alpha1.AttemptRule{{Outcomes: again, Action: v1alpha1.AttemptRetry, Pause: pause}}
	}
	spec.CallingHours, err = parseHours(r.hours, r.timeZone)
	return err
}

// completeFrom sets the provider and the number if there is only one.
func (r *dialOutRequest) completeFrom(ctx context.Context, c client.Client, namespace string, list *targets) error {
	request := useractions.DialRequest{Namespace: namespace, Name: "dial-out", Provider: r.provider, To: list.somebody()}
	if len(r.from) > 0 {
		request.From = r.from[0]
	}
	if err := completeRequest(ctx, c, &request); err != nil {
		return err
	}
	r.provider = request.Provider
	if len(r.from) == 0 && request.From != "" {
		r.from = []string{request.From}
	}
	return nil
}

// create creates the lists and the DialOut, which then owns them. A DialOut that the API server refuses leaves no list.
func (r *dialOutRequest) create(ctx context.Context, c client.Client, lists []client.Object, dialOut *v1alpha1.DialOut) error {
	if err := c.Create(ctx, dialOut.DeepCopy(), client.DryRunAll); err != nil {
		return err
	}
	var options []client.CreateOption
	if r.dry {
		options = append(options, client.DryRunAll)
	}
	for _, list := range lists {
		if err := createList(ctx, c, list, options); err != nil {
			return err
		}
	}
	if err := c.Create(ctx, dialOut, options...); err != nil || r.dry {
		return err
	}
	owner := metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "DialOut", Name: dialOut.Name, UID: dialOut.UID}
	for _, list := range lists {
		before := list.DeepCopyObject().(client.Object)
		list.SetOwnerReferences([]metav1.OwnerReference{owner})
		if err := c.Patch(ctx, list, client.MergeFrom(before)); err != nil {
			return fmt.Errorf("the DialOut %s is created, but its list %s will not be deleted with it: %w", dialOut.Name, list.GetName(), err)
		}
	}
	return nil
}

// parseDurationFlag is nil for a flag that is not set.
func parseDurationFlag(name, text string) (*metav1.Duration, error) {
	if text == "" {
		return nil, nil
	}
	duration := &metav1.Duration{}
	if err := duration.UnmarshalJSON([]byte(`"` + text + `"`)); err != nil {
		return nil, fmt.Errorf("--%s %q: write a duration such as 45s or 30m", name, text)
	}
	return duration, nil
}

// dialOutName is the name of a DialOut as people write it: alone, or as kubectl prints it.
func dialOutName(arg string) string {
	for _, prefix := range []string{"dialout." + v1alpha1.GroupVersion.Group + "/", "dialouts/", "dialout/", "dial/"} {
		if name, found := strings.CutPrefix(arg, prefix); found {
			return name
		}
	}
	return arg
}

func flowNames(ctx context.Context, c client.Client, namespace string) []string {
	var flows v1alpha1.CallFlowList
	if err := c.List(ctx, &flows, client.InNamespace(namespace)); err != nil {
		return nil
	}
	names := make([]string, len(flows.Items))
	for i := range flows.Items {
		names[i] = flows.Items[i].Name
	}
	return names
}

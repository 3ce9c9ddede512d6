// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/useractions"
)

// output has the flags for output.
type output struct {
	format      string
	showNumbers bool
}

// showNumbersFlag shows phone numbers in full.
const showNumbersFlag = "show-numbers"

func (o *output) bind(flags *pflag.FlagSet) {
	flags.StringVarP(&o.format, "output", "o", "", "Output format for scripts: json, yaml or name. Empty prints text for people.")
	flags.BoolVar(&o.showNumbers, showNumbersFlag, false, "Show phone numbers in full. json and yaml always show them.")
}

// bindNumbers is for commands that print only text for people.
func (o *output) bindNumbers(flags *pflag.FlagSet) {
	flags.BoolVar(&o.showNumbers, showNumbersFlag, false, "Show phone numbers in full.")
}

// bindData is for commands whose output has no names.
func (o *output) bindData(flags *pflag.FlagSet) {
	o.bind(flags)
	flags.Lookup("output").Usage = "Output format for scripts: json or yaml. Empty prints text for people."
}

// checkData runs before the command.
func (o *output) checkData(*cobra.Command, []string) error {
	if o.format == "" || o.isData() {
		return nil
	}
	return fmt.Errorf("--output %q: write json or yaml", o.format)
}

// check runs before the command.
func (o *output) check(*cobra.Command, []string) error {
	switch o.format {
	case "", "json", "yaml", "name":
		return nil
	default:
		return fmt.Errorf("--output %q: write json, yaml or name", o.format)
	}
}

// isData says that the output is one document for scripts.
func (o *output) isData() bool { return o.format == "json" || o.format == "yaml" }

// text masks the phone numbers in a text, unless the user asked for them or the output is for scripts.
func (o *output) text(text string) string {
	if o.showNumbers || o.isData() {
		return text
	}
	return useractions.Mask(text)
}

// object prints one object for scripts, or what was done with it for people.
func (o *output) object(out io.Writer, object client.Object, kind, did string) error {
	if o.format == "" {
		_, err := fmt.Fprintf(out, "%s/%s %s\n", kind, object.GetName(), o.text(did))
		return err
	}
	if o.format == "name" {
		_, err := fmt.Fprintf(out, "%s.%s/%s\n", kind, v1alpha1.GroupVersion.Group, object.GetName())
		return err
	}
	return o.data(out, withKind(object))
}

// withKind sets the kind of an object, which typed clients leave out.
func withKind(object client.Object) client.Object {
	object.SetManagedFields(nil)
	kind := "Call"
	switch object.(type) {
	case *v1alpha1.ParticipantMove:
		kind = "ParticipantMove"
	case *v1alpha1.CallAction:
		kind = "CallAction"
	case *v1alpha1.DialOut:
		kind = "DialOut"
	case *corev1.ConfigMap:
		object.GetObjectKind().SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
		return object
	case *corev1.Secret:
		object.GetObjectKind().SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		return object
	}
	object.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	return object
}

// data prints data for scripts.
func (o *output) data(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "    ")
	if err == nil && o.format == "yaml" {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, strings.TrimRight(string(text), "\n"))
	return err
}

// calls prints a list of Calls.
func (o *output) calls(out io.Writer, calls []v1alpha1.Call, namespaced bool, now time.Time) error {
	switch o.format {
	case "name":
		for i := range calls {
			if _, err := fmt.Fprintf(out, "call.%s/%s\n", v1alpha1.GroupVersion.Group, calls[i].Name); err != nil {
				return err
			}
		}
		return nil
	case "":
		return o.table(out, calls, namespaced, now)
	default:
		objects := make([]client.Object, len(calls))
		for i := range calls {
			objects[i] = &calls[i]
		}
		return o.list(out, objects)
	}
}

// list prints objects for scripts. Without any, the list is empty, not null.
func (o *output) list(out io.Writer, objects []client.Object) error {
	for _, object := range objects {
		withKind(object)
	}
	return o.data(out, map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
}

const columns = "NAME\tPHASE\tFROM\tTO\tPARTICIPANTS\tFOR\tOUTCOME\tREASON"

func (o *output) table(out io.Writer, calls []v1alpha1.Call, namespaced bool, now time.Time) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	if namespaced {
		_, _ = fmt.Fprint(table, "NAMESPACE\t")
	}
	_, _ = fmt.Fprintln(table, columns)
	for i := range calls {
		if namespaced {
			_, _ = fmt.Fprint(table, calls[i].Namespace, "\t")
		}
		_, _ = fmt.Fprintln(table, o.row(&calls[i], now))
	}
	return table.Flush()
}

// row is a Call in one line.
func (o *output) row(call *v1alpha1.Call, now time.Time) string {
	return strings.Join(o.fields(call, now), "\t")
}

// fields are the values of a Call in the order of the columns.
func (o *output) fields(call *v1alpha1.Call, now time.Time) []string {
	from, to := party.Both(&call.Spec)
	if call.Spec.Inbound != nil && from == "" {
		from = "withheld"
	}
	participants, outcome := "", ""
	if call.Status.ParticipantCount != nil {
		participants = fmt.Sprint(*call.Status.ParticipantCount)
	}
	if call.Status.Result != nil {
		outcome = string(call.Status.Result.Outcome)
	}
	return []string{call.Name, string(call.Status.Phase), party.Short(o.text(from)), party.Short(o.text(to)), participants, lasted(call, now), outcome, readyReason(call)}
}

// lasted is the duration of a connected call, or else how long the call has been tried.
func lasted(call *v1alpha1.Call, now time.Time) string {
	begin, end := call.CreationTimestamp.Time, now
	if call.Status.ConnectedTime != nil {
		begin = call.Status.ConnectedTime.Time
	}
	if call.Status.Result != nil {
		end = call.Status.Result.EndTime.Time
	}
	return duration.HumanDuration(max(end.Sub(begin), 0))
}

// readyReason is the reason of the condition Ready.
func readyReason(call *v1alpha1.Call) string {
	if ready := meta.FindStatusCondition(call.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

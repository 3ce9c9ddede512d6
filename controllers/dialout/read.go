// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/flows"
	"github.com/call-operator/call-operator/internal/callflow"
	"github.com/call-operator/call-operator/internal/callinghours"
	"github.com/call-operator/call-operator/internal/dialout"
	"github.com/call-operator/call-operator/internal/targetlist"
	"github.com/call-operator/call-operator/internal/textobject"
)

// problem says why nobody is called, and what to do.
type problem struct{ reason, message string }

// snapshot is the targets of a DialOut as they were read.
type snapshot struct {
	read     v1alpha1.ReadTargets
	badLines []v1alpha1.BadLine
	chunks   [][]byte
}

// read reads the lists of a DialOut.
func (r *Reconciler) read(ctx context.Context, dialOut *v1alpha1.DialOut) (*snapshot, *problem, error) {
	spec := &dialOut.Spec
	check, wrong, err := r.checkTarget(ctx, dialOut)
	if err != nil || wrong != nil {
		return nil, wrong, err
	}
	if wrong := checkHours(spec.CallingHours); wrong != nil {
		return nil, wrong, nil
	}
	reader := &targetlist.Reader{AllowShortNumbers: r.AllowShortNumbers, Check: check}
	reader.Inline("spec.targets", spec.Targets)
	for i := range spec.TargetsFrom {
		if wrong, err := r.readList(ctx, dialOut.Namespace, &spec.TargetsFrom[i], reader); err != nil || wrong != nil {
			return nil, wrong, err
		}
	}
	chunks, hash, err := dialout.Cut(reader.Targets)
	if err != nil {
		return nil, nil, err
	}
	found := &snapshot{chunks: chunks, badLines: badLines(reader.Problems), read: v1alpha1.ReadTargets{
		Hash: hash, Count: int32(len(reader.Targets)), Chunks: int32(len(chunks)), InSecrets: spec.InSecrets(),
		Duplicates: int32(reader.Duplicates), BadLines: int32(reader.ProblemCount),
	}}
	switch {
	case reader.ProblemCount > 0 && spec.AllOrNothing:
		return found, &problem{v1alpha1.ReasonBadLines, fmt.Sprintf(
			"%d lines cannot be used, and allOrNothing is set: correct them; status.badLines has the first ones.", reader.ProblemCount)}, nil
	case len(reader.Targets) == 0:
		return found, &problem{v1alpha1.ReasonNoTargets, "The lists have nobody to call: correct them; status.badLines has the first lines that are wrong."}, nil
	default:
		return found, nil, nil
	}
}

func checkHours(hours *v1alpha1.CallingHours) *problem {
	if hours == nil {
		return nil
	}
	if _, err := callinghours.Zone(string(hours.TimeZone)); err != nil {
		return &problem{v1alpha1.ReasonInvalidCallingHours, "spec.callingHours.timeZone: " + err.Error() + "."}
	}
	if _, err := callinghours.New(hours.Windows); err != nil {
		return &problem{v1alpha1.ReasonInvalidCallingHours, "spec.callingHours." + err.Error()}
	}
	return nil
}

// readList reads one list.
func (r *Reconciler) readList(ctx context.Context, namespace string, source *v1alpha1.TargetsSource, reader *targetlist.Reader) (*problem, error) {
	kind, name, key := "ConfigMap", "", ""
	if ref := source.ConfigMapKeyRef; ref != nil {
		name, key = ref.Name, ref.Key
	}
	if ref := source.SecretKeyRef; ref != nil {
		kind, name, key = "Secret", ref.Name, ref.Key
	}
	found, err := r.readObject(ctx, source.SecretKeyRef != nil, namespace, name)
	if apierrors.IsNotFound(err) {
		return &problem{v1alpha1.ReasonListNotFound, fmt.Sprintf("%s %s does not exist: create it with the list in its key %s.", kind, name, key)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, name, err)
	}
	list, ok := textobject.Text(found, key)
	if !ok {
		return &problem{v1alpha1.ReasonListNotFound, fmt.Sprintf("%s %s has no key %s: add it with the list, or name another key.", kind, name, key)}, nil
	}
	where := fmt.Sprintf("%s %s, key %s", kind, name, key)
	if source.Format == v1alpha1.TargetsJSONLines {
		reader.JSONLines(where, list)
	} else {
		reader.CSV(where, list)
	}
	return nil, nil
}

func badLines(problems []targetlist.Problem) []v1alpha1.BadLine {
	var lines []v1alpha1.BadLine
	for _, p := range problems[:min(len(problems), v1alpha1.MaxBadLines)] {
		lines = append(lines, v1alpha1.BadLine{Source: p.Source, Line: int32(p.Line), Message: p.Message})
	}
	return lines
}

// Bounds of the parameters of a Call's flow.
const (
	maxParameters     = 32
	maxParameterBytes = 2048
)

// checkTarget returns a check of what a target gives to the flow. Lists often have more columns than the flow has parameters: those
// are left out.
func (r *Reconciler) checkTarget(ctx context.Context, dialOut *v1alpha1.DialOut) (func(*v1alpha1.DialOutTarget) string, *problem, error) {
	use := dialOut.Spec.CallTemplate.Spec.Flow
	needsCaller := len(dialOut.Spec.From) == 0
	if use == nil {
		return func(target *v1alpha1.DialOutTarget) string {
			target.Parameters = nil
			return withoutCaller(target, needsCaller)
		}, nil, nil
	}
	flow, err := flows.Find(ctx, r.Client, dialOut.Namespace, use.Name)
	switch {
	case err != nil:
		return nil, nil, err
	case flow == nil:
		return nil, &problem{v1alpha1.ReasonFlowNotFound, fmt.Sprintf("CallFlow %s does not exist: create it, or name another one in a new DialOut.", use.Name)}, nil
	}
	if problems := callflow.Check(&flow.Spec); len(problems) > 0 {
		return nil, &problem{v1alpha1.ReasonFlowInvalid, fmt.Sprintf("CallFlow %s cannot be run: %s", flow.Name, flows.Summary(problems))}, nil
	}
	return func(target *v1alpha1.DialOutTarget) string {
		known := func(name string) bool {
			return slices.ContainsFunc(flow.Spec.Parameters, func(p v1alpha1.FlowParameter) bool { return p.Name == name })
		}
		target.Parameters = maps.Clone(target.Parameters)
		maps.DeleteFunc(target.Parameters, func(name, _ string) bool { return !known(name) })
		if message := checkParameters(flow, parametersOf(use, target)); message != "" {
			return message
		}
		return withoutCaller(target, needsCaller)
	}, nil, nil
}

func withoutCaller(target *v1alpha1.DialOutTarget, needsCaller bool) string {
	if needsCaller && target.To.PhoneNumber != "" {
		return "A call to a phone number needs a caller ID: create a new DialOut with from."
	}
	return ""
}

func checkParameters(flow *v1alpha1.CallFlow, given map[string]string) string {
	if _, missing, unknown := callflow.ValuesOf(&flow.Spec, given, "", "", ""); len(missing) > 0 {
		return fmt.Sprintf("CallFlow %s needs a value for %s: add it.", flow.Name, strings.Join(missing, ", "))
	} else if len(unknown) > 0 {
		return fmt.Sprintf("CallFlow %s has no parameter %s: remove it from callTemplate.", flow.Name, strings.Join(unknown, ", "))
	}
	length := 0
	for name, value := range given {
		length += len(name) + len(value)
	}
	if len(given) > maxParameters || length > maxParameterBytes {
		return fmt.Sprintf("Together with those of callTemplate there are more than %d parameters, or %d characters: write fewer or shorter ones.",
			maxParameters, maxParameterBytes)
	}
	return ""
}

// parametersOf are the values of a flow's parameters for a target.
func parametersOf(use *v1alpha1.FlowUse, target *v1alpha1.DialOutTarget) map[string]string {
	if len(use.Parameters)+len(target.Parameters) == 0 {
		return nil
	}
	all := maps.Clone(use.Parameters)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, target.Parameters)
	return all
}

// keep creates the objects of a snapshot, with an empty line for each target. Copy says that they are another DialOut's: a backup was
// restored.
func (r *Reconciler) keep(ctx context.Context, dialOut *v1alpha1.DialOut, s *snapshot) (isCopy bool, err error) {
	for n, chunk := range s.chunks {
		lines := dialout.EncodeLines(make([]dialout.Line, len(dialout.SplitLines(chunk))))
		targets := newObject(dialOut, s.read.InSecrets, dialout.TargetsName(dialOut.Name, s.read.Hash, n), v1alpha1.DialOutPartTargets, dialout.TargetsKey, chunk)
		results := newObject(dialOut, s.read.InSecrets, dialout.ResultsName(dialOut.Name, s.read.Hash, n), v1alpha1.DialOutPartResults, dialout.ResultsKey, lines)
		for _, made := range []struct {
			client.Object
			key  string
			text []byte
		}{{targets, dialout.TargetsKey, chunk}, {results, dialout.ResultsKey, lines}} {
			err := r.Objects.Create(ctx, made.Object)
			if apierrors.IsAlreadyExists(err) {
				isCopy, err = r.same(ctx, dialOut, s.read.InSecrets, made.GetName(), made.key, made.text)
			}
			if err != nil || isCopy {
				return isCopy, err
			}
		}
	}
	return false, nil
}

// same checks that an object that exists already is the one that was to be created: an earlier process created it, and status did not
// say yet that it did.
func (r *Reconciler) same(ctx context.Context, dialOut *v1alpha1.DialOut, inSecret bool, name, key string, text []byte) (isCopy bool, err error) {
	found, err := r.readObject(ctx, inSecret, dialOut.Namespace, name)
	if err != nil {
		return false, err
	}
	if !belongs(found, dialOut) {
		return true, nil
	}
	if written, _ := textobject.Text(found, key); !bytes.Equal(written, text) {
		textobject.SetText(found, key, text)
		return false, r.Objects.Update(ctx, found)
	}
	return false, nil
}

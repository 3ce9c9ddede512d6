// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/party"
	"github.com/call-operator/call-operator/internal/targetlist"
	"github.com/call-operator/call-operator/internal/textobject"
)

const (
	// pieceBytes is how much of a list one ConfigMap holds: the API server stores 1 MiB of data at most.
	pieceBytes = 900_000
	// maxPieces is how many lists a DialOut has at most.
	maxPieces = 16
	// printedProblems is how many bad lines are printed.
	printedProblems = 20
)

// targets is a list of whom to call, and what was found in it.
type targets struct {
	format v1alpha1.TargetsFormat
	pieces []targetlist.Piece
	read   targetlist.Reader
}

func newTargets(format v1alpha1.TargetsFormat, text []byte) *targets {
	list := &targets{format: format, pieces: targetlist.Split(format, text, pieceBytes)}
	for _, piece := range list.pieces {
		before := len(list.read.Problems)
		if format == v1alpha1.TargetsCSV {
			list.read.CSV("", piece.Text)
		} else {
			list.read.JSONLines("", piece.Text)
		}
		for i := before; i < len(list.read.Problems); i++ {
			if problem := &list.read.Problems[i]; problem.Line > 0 {
				problem.Line += piece.Before
			}
		}
	}
	return list
}

// printProblems prints the first bad lines as compilers do.
func (l *targets) printProblems(out io.Writer, file string) {
	for i, problem := range l.read.Problems {
		if i == printedProblems {
			_, _ = fmt.Fprintf(out, "and %d more\n", l.read.ProblemCount-printedProblems)
			return
		}
		at := file
		if problem.Line > 0 {
			at += ":" + strconv.Itoa(problem.Line)
		}
		_, _ = fmt.Fprintf(out, "%s: %s\n", at, problem.Message)
	}
}

// somebody is a target with a phone number if there is one: such calls need a number to call from.
func (l *targets) somebody() string {
	for i := range l.read.Targets {
		if number := l.read.Targets[i].To.PhoneNumber; number != "" {
			return string(number)
		}
	}
	return party.RawID(&l.read.Targets[0].To)
}

// summary says what the DialOut does.
func (l *targets) summary(dry bool) string {
	text := fmt.Sprintf("calls %s", counted(len(l.read.Targets), "target"))
	if dry {
		text = fmt.Sprintf("would call %s", counted(len(l.read.Targets), "target"))
	}
	if l.read.Duplicates > 0 {
		text += fmt.Sprintf(", without %s", counted(l.read.Duplicates, "duplicate"))
	}
	if l.read.ProblemCount > 0 {
		text += fmt.Sprintf(", without %s that cannot be used", counted(l.read.ProblemCount, "line"))
	}
	if dry {
		text += " (dry run)"
	}
	return text
}

// counted is a number with a noun, such as 2 lines.
func counted(number int, noun string) string {
	if number == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", number, noun)
}

// pieceName is the name of the object with a piece of the list.
func (l *targets) pieceName(dialOut string, i int) string {
	if len(l.pieces) == 1 {
		return dialOut + "-list"
	}
	return fmt.Sprintf("%s-list-%d", dialOut, i+1)
}

func (l *targets) key() string {
	if l.format == v1alpha1.TargetsJSONLines {
		return "list.jsonl"
	}
	return "list.csv"
}

// references are where the DialOut finds the list.
func (l *targets) references(dialOut string, secret bool) []v1alpha1.TargetsSource {
	sources := make([]v1alpha1.TargetsSource, len(l.pieces))
	for i := range l.pieces {
		sources[i].Format = l.format
		if secret {
			sources[i].SecretKeyRef = &v1alpha1.KeyReference{Name: l.pieceName(dialOut, i), Key: l.key()}
		} else {
			sources[i].ConfigMapKeyRef = &v1alpha1.KeyReference{Name: l.pieceName(dialOut, i), Key: l.key()}
		}
	}
	return sources
}

// objects hold the list.
func (l *targets) objects(namespace, dialOut string, secret bool) []client.Object {
	objects := make([]client.Object, len(l.pieces))
	for i, piece := range l.pieces {
		objects[i] = textobject.New(secret)
		objects[i].SetNamespace(namespace)
		objects[i].SetName(l.pieceName(dialOut, i))
		textobject.SetText(objects[i], l.key(), piece.Text)
	}
	return objects
}

// createList creates an object with a list, unless an earlier command of the same name has created the same one.
func createList(ctx context.Context, c client.Client, list client.Object, options []client.CreateOption) error {
	err := c.Create(ctx, list, options...)
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	found := list.DeepCopyObject().(client.Object)
	if err := c.Get(ctx, client.ObjectKeyFromObject(list), found); err != nil {
		return err
	}
	if !reflect.DeepEqual(dataOf(found), dataOf(list)) || len(found.GetOwnerReferences()) > 0 {
		return fmt.Errorf("%s %s exists already, with another list or of another DialOut: choose another name", textobject.Kind(list), list.GetName())
	}
	list.SetResourceVersion(found.GetResourceVersion())
	return nil
}

func dataOf(list client.Object) any {
	switch list := list.(type) {
	case *corev1.ConfigMap:
		return list.Data
	case *corev1.Secret:
		return list.Data
	default:
		return nil
	}
}

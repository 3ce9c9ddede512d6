// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

// unreconciledPatience is after how long the user is told that no manager has seen an action.
const unreconciledPatience = 10 * time.Second

// run creates the CallAction, and prints how it ended. A recording lasts, so it is enough that it has begun.
func (o *operating) run(command *cobra.Command, kube *kube, call string) error {
	c, namespace, err := kube.connect()
	if err != nil {
		return err
	}
	o.request.Call = useractions.Ref{Namespace: namespace, Name: call}
	action, err := useractions.Client{Kube: c}.Operate(command.Context(), o.request)
	if err != nil {
		return explainAction(err)
	}
	if !o.wait {
		return o.output.object(command.OutOrStdout(), action, "callaction", "was created")
	}
	waiting := &awaitingAction{action: action, output: &o.output, errOut: command.ErrOrStderr(), until: ended}
	if record := action.Spec.Record; record != nil && record.Command == v1alpha1.RecordStart {
		waiting.until = recording
	}
	action, err = waiting.end(command.Context(), c)
	if err != nil {
		return err
	}
	if !action.Status.Over() {
		return o.output.object(command.OutOrStdout(), action, "callaction", "records the call")
	}
	return o.printEnd(command, action)
}

func ended(action *v1alpha1.CallAction) bool { return action.Status.Over() }

// recording tells whether a recording has begun, or will not.
func recording(action *v1alpha1.CallAction) bool {
	return action.Status.Handle != "" || action.Status.Over()
}

// printEnd prints an action that has ended. Without success, that is an error.
func (o *operating) printEnd(command *cobra.Command, action *v1alpha1.CallAction) error {
	result := action.Status.Result
	if result.Outcome != v1alpha1.ActionCompleted {
		if o.output.isData() {
			if err := o.output.data(command.OutOrStdout(), withKind(action)); err != nil {
				return err
			}
		}
		return fmt.Errorf("callaction %s has ended: %s. %s", action.Name, result.Outcome, result.Message)
	}
	if !o.answers || o.output.format != "" || action.Status.Answer == nil {
		return o.output.object(command.OutOrStdout(), action, "callaction", fmt.Sprintf("has ended: %s. %s", result.Outcome, result.Message))
	}
	if secret := action.Status.Answer.SecretName; secret != "" {
		_, err := fmt.Fprintf(command.OutOrStdout(), "secret/%s has the answer, in its keys tones, label and speech\n", secret)
		return err
	}
	_, err := fmt.Fprintln(command.OutOrStdout(), o.output.text(answerText(action.Status.Answer)))
	return err
}

// answerText is what was pressed or said.
func answerText(answer *v1alpha1.InputAnswer) string {
	return cmp.Or(answer.Label, string(answer.Tones), answer.Speech, answer.Summary)
}

// awaitingAction waits for the end of an action, and says meanwhile what the action waits for.
type awaitingAction struct {
	action *v1alpha1.CallAction
	until  func(*v1alpha1.CallAction) bool
	output *output
	errOut io.Writer
	// told is the reason that was printed last.
	told string
}

// end returns the action when it is as wanted. When ctx ends first, the action stays as it is.
func (a *awaitingAction) end(ctx context.Context, c client.WithWatch) (*v1alpha1.CallAction, error) {
	f, err := follow(ctx, c, followedActions, a.action.Namespace)
	if err != nil {
		return nil, a.unseen(err)
	}
	unreconciled := time.After(unreconciledPatience)
	for {
		object, exists, err := f.store.GetByKey(a.action.Namespace + "/" + a.action.Name)
		switch {
		case err != nil:
			return nil, err
		case !exists:
			return nil, fmt.Errorf("callaction %s was deleted before it had ended", a.action.Name)
		}
		action := object.(*v1alpha1.CallAction)
		if a.until(action) {
			return action.DeepCopy(), nil
		}
		if err := a.tell(action); err != nil {
			return nil, err
		}
		select {
		case <-f.changed:
		case <-unreconciled:
			if action.Status.ObservedGeneration < 0 {
				if _, err := fmt.Fprintln(a.errOut, "No manager has reconciled the action. Does one run, and does it watch this namespace?"); err != nil {
					return nil, err
				}
			}
		case <-ctx.Done():
			return nil, a.unseen(errors.New("interrupted"))
		}
	}
}

// unseen says that the end of the action is not seen here, and how to see it.
func (a *awaitingAction) unseen(err error) error {
	return fmt.Errorf("%w; callaction %[2]s stays as it is: kubectl -n %[3]s get callaction %[2]s shows it, kubectl -n %[3]s delete callaction %[2]s stops it",
		err, a.action.Name, a.action.Namespace)
}

// tell prints what the action waits for, once for each reason.
func (a *awaitingAction) tell(action *v1alpha1.CallAction) error {
	waiting := action.Status.Waiting
	if waiting == nil || waiting.Reason == a.told {
		return nil
	}
	a.told = waiting.Reason
	_, err := fmt.Fprintf(a.errOut, "callaction/%s waits: %s: %s\n", action.Name, waiting.Reason, a.output.text(waiting.Message))
	return err
}

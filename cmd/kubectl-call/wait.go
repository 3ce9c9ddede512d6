// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// goals are the states that can be waited for: whether one is reached, and whether it never will be.
var goals = map[string]func(*v1alpha1.Call) (reached, never bool){
	"connected": func(call *v1alpha1.Call) (bool, bool) {
		return call.Status.ConnectedTime != nil && call.Status.Result == nil, call.Status.Result != nil
	},
	"ended": func(call *v1alpha1.Call) (bool, bool) { return call.Status.Result != nil, false },
	"completed": func(call *v1alpha1.Call) (bool, bool) {
		over := call.Status.Result != nil
		return over && call.Status.Result.Outcome == v1alpha1.OutcomeCompleted, over
	},
}

func newWait(kube *kube) *cobra.Command {
	var goal string
	var timeout time.Duration
	var output output
	command := &cobra.Command{
		Use:   "wait CALL",
		Short: "Wait until a call is connected, or over",
		Long: `Wait until a call is connected, ended or completed. Unlike kubectl wait, it fails at once when that can no longer happen,
with an error that says why: a call that nobody answered will not be connected.`,
		Example: `  # Until somebody has answered
  kubectl call wait reminder-ada --for connected

  # Until the call has taken place
  kubectl call wait reminder-ada --for completed --timeout 1h`,
		Args: cobra.ExactArgs(1), PreRunE: output.check,
		ValidArgsFunction: callNames(kube, func(call *v1alpha1.Call) bool { return call.Status.Result == nil }),
		RunE: func(command *cobra.Command, args []string) error {
			check, found := goals[goal]
			if !found {
				return fmt.Errorf("--for %q: write connected, ended or completed", goal)
			}
			call, err := await(command.Context(), kube, callName(args[0]), goal, timeout, check)
			if err != nil {
				return err
			}
			return output.object(command.OutOrStdout(), call, "call", "is "+goal+storyEnd(call))
		},
	}
	command.Flags().StringVar(&goal, "for", "connected", "What to wait for: connected, ended or completed.")
	command.Flags().DurationVar(&timeout, "timeout", 5*time.Minute, "How long to wait.")
	output.bind(command.Flags())
	if err := command.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{"connected", "ended", "completed"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist: a bug in this program
	}
	return command
}

func await(ctx context.Context, kube *kube, name, goal string, timeout time.Duration, check func(*v1alpha1.Call) (bool, bool)) (*v1alpha1.Call, error) {
	c, namespace, err := kube.connect()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	f, err := follow(ctx, c, followedCalls, namespace)
	if err != nil {
		return nil, err
	}
	for was := "not there"; ; {
		object, exists, err := f.store.GetByKey(namespace + "/" + name)
		switch {
		case err != nil:
			return nil, err
		case !exists && was != "not there":
			return nil, fmt.Errorf("call %s was deleted before it was %s", name, goal)
		case !exists:
			return nil, fmt.Errorf("there is no Call %q in the namespace %q", name, namespace)
		}
		call := object.(*v1alpha1.Call)
		reached, never := check(call)
		switch {
		case reached:
			return call.DeepCopy(), nil
		case never:
			return nil, fmt.Errorf("call %s will not be %s%s", name, goal, storyEnd(call))
		}
		was = string(call.Status.Phase)
		select {
		case <-f.changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("call %s was not %s within %s: %s", name, goal, timeout, stateOf(was))
		}
	}
}

// stateOf says how far a call has got. A Call without a phase was not reconciled yet.
func stateOf(phase string) string {
	if phase == "" {
		return "no manager has reconciled it. Does one run, and does it watch this namespace?"
	}
	return "it is " + strings.ToLower(phase)
}

// storyEnd says how a call ended, if it has.
func storyEnd(call *v1alpha1.Call) string {
	result := call.Status.Result
	if result == nil {
		return ""
	}
	return fmt.Sprintf(": %s. %s", result.Outcome, result.Message)
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kubectl-call is a plug-in of kubectl: with it in the PATH, `kubectl call` places, ends and moves calls.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/call-operator/call-operator/internal/useractions"
	"github.com/call-operator/call-operator/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	args := os.Args[1:]
	if filepath.Base(os.Args[0]) == completionName {
		args = asCompletion(args)
	}
	code := run(ctx, newKube(), args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns the exit code.
func run(ctx context.Context, kube *kube, args []string, out, errOut io.Writer) int {
	root := newRoot(kube)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	command, err := root.ExecuteContextC(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "error:", withoutNumbers(err.Error(), command))
		return 1
	}
	return 0
}

// exampleNumber is the example number in messages. It is unassigned.
const exampleNumber = "+14255550123"

// withoutNumbers masks the phone numbers in an error, unless the command was asked to show them: messages from the API
// server and in Calls contain full numbers.
func withoutNumbers(text string, command *cobra.Command) string {
	if flag := command.Flags().Lookup(showNumbersFlag); flag != nil && flag.Value.String() == "true" {
		return text
	}
	parts := strings.Split(text, exampleNumber)
	for i := range parts {
		parts[i] = useractions.Mask(parts[i])
	}
	return strings.Join(parts, exampleNumber)
}

// verb makes a subcommand.
type verb = func(*kube) *cobra.Command

// newRoot returns the command with all its subcommands.
func newRoot(kube *kube) *cobra.Command {
	root := &cobra.Command{
		Use:     "kubectl-call",
		Short:   "Work with the phone calls of call-operator",
		Version: version.String(),
		Annotations: map[string]string{
			cobra.CommandDisplayNameAnnotation: "kubectl call",
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("kubectl call {{.Version}}\n")
	root.Flags().Bool("version", false, "Print the version and exit.")
	kube.bindFlags(root.PersistentFlags())
	for _, newCommand := range []verb{
		newDial, newHangUp, newRetry, newAnswer, newRedirect, newReject, newMove,
		newSay, newAsk, newAdd, newRemove, newTransfer, newMute, newHold, newUnhold, newRecord, newTones, newStopMedia, newFlow,
		newDialOut, newSuspend, newResume, newResults,
		newList, newWatch, newWait, newLogs, newDashboard, newDoctor, newEventGridURL, newStream, newRelease,
	} {
		root.AddCommand(newCommand(kube))
	}
	return root
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// status is the result of a check.
type result string

const (
	resultOK      result = "ok"
	resultWarning result = "warning"
	resultBroken  result = "broken"
	resultUnknown result = "unknown"
)

// finding is the result of one check. The message says what to do, if anything.
type finding struct {
	Check   string `json:"check"`
	Result  result `json:"verdict"`
	Message string `json:"message"`
}

// installation is the installation that is checked.
type installation struct {
	client                     client.Client
	config                     *rest.Config
	namespace, systemNamespace string
	// web requests the callback URL.
	web *http.Client
	// urlTimeout is how long one URL may take to answer.
	urlTimeout time.Duration
	now        func() time.Time
}

// callbackTimeout is how long a callback URL may take to answer. A request that a firewall drops gets no answer.
const callbackTimeout = 5 * time.Second

func newDoctor(kube *kube) *cobra.Command {
	var output output
	var systemNamespace string
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check the installation: CRDs, permissions, the operator, providers, the callback URL, clocks",
		Long: `Check what a call needs: the CRDs, your permissions in the namespace, the operator, each CallProvider and its numbers,
whether the callback URL reaches the webhook receiver from this machine, incoming calls, and clocks.

What this machine cannot see, such as an Event Grid subscription, is reported as unknown. The command fails if a check
finds something broken.`,
		Args: cobra.NoArgs, PreRunE: output.checkData,
		RunE: func(command *cobra.Command, _ []string) error {
			config, namespace, err := kube.config()
			if err != nil {
				return err
			}
			c, _, err := kube.connect()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), timeout)
			defer cancel()
			p := &installation{
				client: c, config: config, namespace: namespace, systemNamespace: systemNamespace, urlTimeout: callbackTimeout, now: time.Now,
				// Check the URL itself, without following redirects.
				web: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			}
			return report(command.OutOrStdout(), p.examine(ctx), &output)
		},
	}
	command.Flags().StringVar(&systemNamespace, "system-namespace", defaultKeyNamespace, "Namespace in which call-operator runs.")
	command.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "How long all checks together may take.")
	output.bindData(command.Flags())
	return command
}

// examine makes all checks. Later checks depend on earlier ones.
func (p *installation) examine(ctx context.Context) []finding {
	var findings []finding
	for _, check := range []func(context.Context) []finding{p.apiServer, p.kinds, p.rights, p.operator, p.providers, p.quotas} {
		findings = append(findings, check(ctx)...)
		if len(findings) == 1 && findings[0].Result == resultBroken {
			// Without an API server nothing else can be checked.
			break
		}
	}
	return findings
}

func report(out io.Writer, findings []finding, output *output) error {
	failed := 0
	for i := range findings {
		findings[i].Message = output.text(findings[i].Message)
		if findings[i].Result == resultBroken {
			failed++
		}
	}
	if err := printFindings(out, findings, output); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks found a problem", failed, len(findings))
	}
	return nil
}

func printFindings(out io.Writer, findings []finding, output *output) error {
	if output.isData() {
		return output.data(out, findings)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", f.Result, f.Check, f.Message)
	}
	return table.Flush()
}

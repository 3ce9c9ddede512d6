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

// verdict is what a check found.
type verdict string

const (
	wellFound verdict = "ok"
	doubtful  verdict = "warning"
	broken    verdict = "broken"
	unknown   verdict = "unknown"
)

// finding is one thing that was checked. The message says what to do, when there is something to do.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Message string  `json:"message"`
}

// patient is the installation that is looked at.
type patient struct {
	client                     client.Client
	config                     *rest.Config
	namespace, systemNamespace string
	// web asks the callback URL.
	web *http.Client
	// patience is how long one URL may take to answer.
	patience time.Duration
	now      func() time.Time
}

// urlPatience is how long a callback URL may take to answer. What a firewall swallows never does.
const urlPatience = 5 * time.Second

func newDoctor(kube *kube) *cobra.Command {
	var output output
	var systemNamespace string
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Check the installation: CRDs, rights, the operator, providers, the callback URL, clocks",
		Long: `Check what a call needs: the CRDs, your rights in the namespace, the operator, each CallProvider and its numbers, whether the
callback URL leads to the webhook receiver as seen from this machine, incoming calls, and clocks.

What cannot be seen from here, such as a subscription of Event Grid, is said to be unknown. The command fails when
something is broken.`,
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
			p := &patient{
				client: c, config: config, namespace: namespace, systemNamespace: systemNamespace, patience: urlPatience, now: time.Now,
				// Check the URL itself, without following redirects.
				web: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
			}
			return report(command.OutOrStdout(), p.examine(ctx), &output)
		},
	}
	command.Flags().StringVar(&systemNamespace, "system-namespace", defaultKeyNamespace, "Namespace that call-operator runs in.")
	command.Flags().DurationVar(&timeout, "timeout", 30*time.Second, "How long all checks may take.")
	output.bindData(command.Flags())
	return command
}

// examine makes all checks, in the order in which they build upon each other.
func (p *patient) examine(ctx context.Context) []finding {
	var findings []finding
	for _, check := range []func(context.Context) []finding{p.apiServer, p.kinds, p.rights, p.operator, p.providers, p.quotas} {
		findings = append(findings, check(ctx)...)
		if len(findings) == 1 && findings[0].Verdict == broken {
			// Without an API server there is nothing else to see.
			break
		}
	}
	return findings
}

func report(out io.Writer, findings []finding, output *output) error {
	sick := 0
	for i := range findings {
		findings[i].Message = output.text(findings[i].Message)
		if findings[i].Verdict == broken {
			sick++
		}
	}
	if err := printFindings(out, findings, output); err != nil {
		return err
	}
	if sick > 0 {
		return fmt.Errorf("%d of %d checks found something broken", sick, len(findings))
	}
	return nil
}

func printFindings(out io.Writer, findings []finding, output *output) error {
	if output.isData() {
		return output.data(out, findings)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range findings {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", f.Verdict, f.Check, f.Message)
	}
	return table.Flush()
}

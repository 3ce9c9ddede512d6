// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command acs-simulator runs a simulator of Azure Communication Services Call Automation. See package
// simulator.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/call-operator/call-operator/internal/version"
	"github.com/call-operator/call-operator/simulator"
)

// defaultMaxConcurrentCalls is the service's own limit of outbound calls for each number.
// Source: https://learn.microsoft.com/azure/communication-services/concepts/service-limits.
const defaultMaxConcurrentCalls = 2

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "acs-simulator:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	listen            string
	certFile, keyFile string
	selfSigned        bool
	phonesFile        string
	eventGridSchema   string
	eventGrid         []webhook
	version           bool
	simulator.Options
}

// webhook is an --event-grid, and the --event-grid-filter after it.
type webhook struct {
	url, filterFile string
}

// flagSet are the flags, which set s.
func (s *settings) flagSet() *flag.FlagSet {
	flags := flag.NewFlagSet("acs-simulator", flag.ContinueOnError)
	flags.BoolVar(&s.version, "version", false, "print the version and exit")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8443", "address to serve, as `HOST:PORT`")
	flags.StringVar(&s.AccessKey, "access-key", "", "the resource's access key, in `BASE64`; generated and printed if empty")
	flags.StringVar(&s.ResourceID, "resource-id", simulator.DefaultResourceID, "the resource's immutable `ID`, the audience of callback tokens")
	flags.StringVar(&s.certFile, "tls-cert", "", "`FILE` with the certificate, in PEM; plain http without")
	flags.StringVar(&s.keyFile, "tls-key", "", "`FILE` with the certificate's key, in PEM")
	flags.BoolVar(&s.selfSigned, "tls-self-signed", false, "serve https with a certificate created at the start")
	flags.StringVar(&s.phonesFile, "phones", "", "YAML `FILE` with the phones' scripts")
	flags.Func("owned-numbers", "the resource's phone numbers, a `LIST` separated by commas; if empty, any number may be the caller ID", func(list string) error {
		for number := range strings.SplitSeq(list, ",") {
			s.OwnedNumbers = append(s.OwnedNumbers, strings.TrimSpace(number))
		}
		return nil
	})
	flags.IntVar(&s.MaxConcurrentCallsPerNumber, "max-concurrent-calls-per-number", defaultMaxConcurrentCalls, "limit of outbound calls for each number, a `COUNT`; 0 is none")
	flags.DurationVar(&s.RingTimeout, "ring-timeout", simulator.DefaultRingTimeout, "how long an unanswered phone rings, a `DURATION` such as 30s")
	flags.DurationVar(&s.PromptTime, "prompt-time", simulator.DefaultPromptTime, "how long a text, SSML or file plays, a `DURATION`")
	flags.DurationVar(&s.RecordingTime, "recording-time", simulator.DefaultRecordingTime, "how long after its end a recording's content is available, a `DURATION`")
	flags.StringVar(&s.StorageURL, "storage-url", "", "`URL` that reaches the simulator, for the contents of recordings; the address at which a recording is requested if empty")
	flags.DurationVar(&s.RepeatabilityWindow, "repeatability-window", simulator.DefaultRepeatabilityWindow, "how long a repeatable request is remembered after it was first sent, a `DURATION`; later it is refused with 412")
	flags.Func("forget-repeatability", "operations that are carried out again when a request is repeated, a `LIST` separated by commas, such as createCall", func(list string) error {
		s.ForgottenRepeatability = splitList(list)
		return nil
	})
	flags.Func("unconfirmed-repeatability", "operations whose answers have no Repeatability-Result, a `LIST` separated by commas (default createCall,answerCall, as recorded); with an empty list, all answers have it", func(list string) error {
		s.UnconfirmedRepeatability = splitList(list)
		return nil
	})
	flags.Func("event-grid", "`URL` that receives the events of incoming calls; may be given several times", func(url string) error {
		s.eventGrid = append(s.eventGrid, webhook{url: url})
		return nil
	})
	flags.Func("event-grid-filter", "JSON `FILE` with the filter of the --event-grid before it, as az eventgrid event-subscription show --query filter prints it", s.filterLast)
	flags.StringVar(&s.eventGridSchema, "event-grid-schema", string(simulator.GridSchemaEventGrid), "`SCHEMA` of these events: eventgrid or cloudevents")
	flags.BoolVar(&s.AllowInsecureCallbacks, "allow-insecure-callbacks", false, "permit http:// callback URLs other than loopback addresses")
	flags.Uint64Var(&s.Seed, "seed", 0, "seed for faults that happen by chance, a `NUMBER`")
	flags.IntVar(&s.JournalLimit, "journal-limit", simulator.DefaultJournalLimit, "how many entries the journal keeps, a `COUNT`; negative keeps none")
	return flags
}

// filterLast gives the last --event-grid a filter.
func (s *settings) filterLast(file string) error {
	if len(s.eventGrid) == 0 {
		return errors.New("put it after the --event-grid that it filters")
	}
	last := &s.eventGrid[len(s.eventGrid)-1]
	if last.filterFile != "" {
		return errors.New("this --event-grid already has a filter: write both filters into one file")
	}
	last.filterFile = file
	return nil
}

// splitList reads a list separated by commas; an empty one has nothing, and is not nil.
func splitList(list string) []string {
	items := []string{}
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// parse reads the flags. Help goes to out; errors say what to write.
func parse(args []string, out io.Writer) (*settings, error) {
	s := &settings{}
	flags := s.flagSet()
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(out, "Usage: acs-simulator [flags]")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w; see acs-simulator --help", err)
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q: use flags only; see acs-simulator --help", flags.Arg(0))
	}
	return s, s.complete()
}

// complete reads the files that the flags name, and checks which flags exclude each other.
func (s *settings) complete() error {
	switch {
	case (s.certFile == "") != (s.keyFile == ""):
		return errors.New("set both --tls-cert and --tls-key, or neither")
	case s.selfSigned && s.certFile != "":
		return errors.New("set either --tls-self-signed or --tls-cert and --tls-key")
	case s.eventGridSchema != string(simulator.GridSchemaEventGrid) && s.eventGridSchema != string(simulator.GridSchemaCloudEvents):
		return fmt.Errorf("--event-grid-schema %q: write eventgrid or cloudevents", s.eventGridSchema)
	}
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return fmt.Errorf("--listen %q: write HOST:PORT, such as 127.0.0.1:8443", s.listen)
	}
	if _, err := base64.StdEncoding.DecodeString(s.AccessKey); err != nil {
		return errors.New("--access-key: write base64, such as what openssl rand -base64 32 prints")
	}
	for _, w := range s.eventGrid {
		subscription, err := w.subscription(simulator.GridSchema(s.eventGridSchema))
		if err != nil {
			return err
		}
		s.EventGrid = append(s.EventGrid, subscription)
	}
	if s.AccessKey == "" {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		s.AccessKey = base64.StdEncoding.EncodeToString(key)
	}
	if s.phonesFile == "" {
		return nil
	}
	file, err := os.ReadFile(s.phonesFile)
	if err != nil {
		return fmt.Errorf("read --phones: %w", err)
	}
	if s.Phones, err = simulator.ParsePhones(file); err != nil {
		return fmt.Errorf("%s: %w", s.phonesFile, err)
	}
	return nil
}

// subscription reads the filter.
func (w webhook) subscription(schema simulator.GridSchema) (simulator.EventGridSubscription, error) {
	subscription := simulator.EventGridSubscription{URL: w.url, Schema: schema}
	if w.filterFile == "" {
		return subscription, nil
	}
	file, err := os.ReadFile(w.filterFile)
	if err != nil {
		return subscription, fmt.Errorf("read --event-grid-filter: %w", err)
	}
	if subscription.Filter, err = simulator.ParseEventGridFilter(file, schema); err != nil {
		return subscription, fmt.Errorf("%s: %w", w.filterFile, err)
	}
	return subscription, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	if s.version {
		_, _ = fmt.Fprintln(out, "acs-simulator", version.String())
		return nil
	}
	simulated, err := simulator.New(s.Options)
	if err != nil {
		return err
	}
	defer simulated.Close()
	server := &http.Server{Handler: simulated.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	if s.selfSigned {
		if server.TLSConfig, err = selfSigned(s.listen); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	s.greet(out, listener.Addr(), simulated.Issuer())
	return serve(ctx, server, listener, s)
}

// greet prints the settings for a CallProvider and a receiver.
func (s *settings) greet(out io.Writer, address net.Addr, issuer string) {
	base := "http://" + address.String()
	if s.selfSigned || s.certFile != "" {
		base = "https://" + address.String()
	}
	_, _ = fmt.Fprintf(out, "The simulator serves ACS at %s\n", base)
	_, _ = fmt.Fprintf(out, "connection string: endpoint=%s/;accesskey=%s\n", base, s.AccessKey)
	_, _ = fmt.Fprintf(out, "resource ID: %s\n", s.ResourceID)
	_, _ = fmt.Fprintf(out, "tokens of callbacks: issuer %s, keys %s\n", issuer, base+simulator.JWKSPath)
}

// serve serves until ctx is done.
func serve(ctx context.Context, server *http.Server, listener net.Listener, s *settings) error {
	// Waiting requests end with ctx, so that they do not delay the shutdown.
	server.BaseContext = func(net.Listener) context.Context { return ctx }
	failed := make(chan error, 1)
	go func() {
		if s.selfSigned || s.certFile != "" {
			failed <- server.ServeTLS(listener, s.certFile, s.keyFile)
			return
		}
		failed <- server.Serve(listener)
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command dashboard serves the dashboard in a cluster. It has no permissions of its own: users sign in with a token, and
// have the token's permissions. On a local machine, use kubectl call dashboard.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/call-operator/call-operator/dashboard"
	"github.com/call-operator/call-operator/internal/logging"
	"github.com/call-operator/call-operator/internal/version"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

// flags are the flags of the command.
type flags struct {
	listen, apiServer, certificateAuthority, namespace, hosts, certFile, keyFile string
	version                                                                      bool
	logging                                                                      zap.Options
}

func parse(args []string) (flags, error) {
	f := flags{logging: logging.NewOptions()}
	set := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	set.StringVar(&f.listen, "listen", ":8443", "Address to listen on.")
	set.StringVar(&f.apiServer, "api-server", "https://kubernetes.default.svc", "URL of the API server.")
	set.StringVar(&f.certificateAuthority, "certificate-authority", "", "File with the certificate authority of the API server.")
	set.StringVar(&f.namespace, "namespace", "", "Namespace to show by default; empty means all.")
	set.StringVar(&f.hosts, "hosts", "", "Host names, separated by commas, that the dashboard serves, with the port unless it is 443; empty means any.")
	set.StringVar(&f.certFile, "tls-cert-file", "", "File with the certificate to serve with.")
	set.StringVar(&f.keyFile, "tls-private-key-file", "", "File with the key of the certificate.")
	set.BoolVar(&f.version, "version", false, "Print the version and exit.")
	f.logging.BindFlags(set)
	if err := set.Parse(args); err != nil {
		return flags{}, err
	}
	if (f.certFile == "") != (f.keyFile == "") {
		return flags{}, errors.New("set both --tls-cert-file and --tls-private-key-file, or neither if a proxy in front of the dashboard terminates TLS")
	}
	return f, nil
}

// config is the configuration for the API server, without credentials.
func (f flags) config() *rest.Config {
	return &rest.Config{Host: f.apiServer, TLSClientConfig: rest.TLSClientConfig{CAFile: f.certificateAuthority}}
}

func run(args []string) error {
	f, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if f.version {
		fmt.Println("dashboard", version.String())
		return nil
	}
	log, err := logging.New(f.logging)
	if err != nil {
		return err
	}
	server, err := dashboard.New(dashboard.Options{
		Authenticator: dashboard.NewTokenUsers(f.config()), Namespace: f.namespace, Hosts: split(f.hosts), Log: log,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	log.Info("serving the dashboard", "address", listener.Addr().String(), "tls", f.certFile != "")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return dashboard.Serve(ctx, listener, server, f.certFile, f.keyFile)
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

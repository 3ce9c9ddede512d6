// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/callbackurl"
)

const (
	// usernameKey is the key, in the Secret of an Asterisk provider, of a user in ari.conf.
	usernameKey = "username"

	// unknownUser is in the place of a user that could not be read.
	unknownUser = "USERNAME"
)

// stream has the flags of the command of that name.
type stream struct {
	kube *kube
	keys callbackKeys
	url  string
}

func newStream(kube *kube) *cobra.Command {
	o := &stream{kube: kube}
	command := &cobra.Command{
		Use:   "stream PROVIDER",
		Short: "Print the configuration with which Asterisk reports on a CallProvider's calls",
		Long: `Print what belongs into websocket_client.conf and ari.conf of the Asterisk that a CallProvider reaches.

With it, Asterisk opens a WebSocket to the webhook receiver and reports calls on it; docs/asterisk.md says which versions can.
Anyone who has the password in it can report on the provider's calls, so treat the output as a secret. The command needs the
key that signs callback URLs. It reads the key from the Secret in the cluster, or from a file.

The output stays the same as long as the key is in use, even when the provider is deleted and created again.`,
		Example: `  # For the provider asterisk in the current namespace, with an Asterisk in the same cluster
  kubectl call stream asterisk --url http://call-operator-webhookreceiver.call-operator-system.svc

  # With the address in the provider's spec.callbackURL, and the key from a file
  kubectl call stream asterisk -n team-a --key-file ./keys`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			text, err := o.configuration(command.Context(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(command.OutOrStdout(), text)
			return err
		},
	}
	o.keys.bindFlags(command)
	command.Flags().StringVar(&o.url, "url", "", "Base URL at which Asterisk reaches the webhook receiver. By default it is the provider's spec.callbackURL.")
	return command
}

func (o *stream) configuration(ctx context.Context, name string) (string, error) {
	c, provider, err := o.kube.provider(ctx, name)
	if err != nil {
		return "", err
	}
	namespace := provider.Namespace
	if provider.Spec.Asterisk == nil {
		return "", fmt.Errorf("the CallProvider %q in the namespace %q does not reach Asterisk: it has no spec.asterisk", name, namespace)
	}
	uri, err := o.uri(provider)
	if err != nil {
		return "", err
	}
	keys, err := o.keys.read(ctx, c)
	if err != nil {
		return "", err
	}
	password, err := keys.StreamPassword(namespace, name)
	if err != nil {
		return "", err
	}
	user, remark := ariUser(ctx, c, provider)
	return streamConfiguration{
		provider: client.ObjectKeyFromObject(provider), uri: uri, password: password, application: provider.Spec.Asterisk.Application, user: user, remark: remark,
	}.text(), nil
}

// uri is where Asterisk opens the WebSocket.
func (o *stream) uri(provider *v1alpha1.CallProvider) (string, error) {
	base, source := o.url, "--url"
	if base == "" {
		base, source = provider.Spec.CallbackURL, "the provider's spec.callbackURL"
	}
	if base == "" {
		return "", fmt.Errorf("the CallProvider %q has no spec.callbackURL: say with --url where Asterisk reaches the webhook receiver, such as --url http://%s.%s.svc",
			provider.Name, receiverService, defaultKeyNamespace)
	}
	uri, err := streamURI(base, provider.Namespace, provider.Name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", source, err)
	}
	return uri, nil
}

// receiverService is the Service of config/webhookreceiver/service.yaml.
const receiverService = "call-operator-webhookreceiver"

// streamURI is the WebSocket of a provider at the receiver with this base URL.
func streamURI(base, namespace, provider string) (string, error) {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Host == "" || parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || strings.Contains(base, "#") {
		return "", errors.New("write a base URL without user, query and fragment, such as https://calls.example.com")
	}
	switch parsed.Scheme {
	case "https":
		parsed.Scheme = "wss"
	case "http":
		parsed.Scheme = "ws"
		if parsed.Port() == "" {
			// Asterisk takes 443 for both schemes.
			parsed.Host = strings.TrimSuffix(parsed.Host, ":") + ":80"
		}
	default:
		return "", errors.New("the base URL must begin with https:// or http://, such as https://calls.example.com")
	}
	return strings.TrimSuffix(parsed.String(), "/") + callbackurl.StreamPath(namespace, provider), nil
}

// ariUser is the user of the provider's Secret. If it cannot be read, it is a placeholder, and the remark says why.
func ariUser(ctx context.Context, c client.Reader, provider *v1alpha1.CallProvider) (user, remark string) {
	var secret corev1.Secret
	key := client.ObjectKey{Namespace: provider.Namespace, Name: provider.Spec.Asterisk.CredentialsSecretRef.Name}
	if err := c.Get(ctx, key, &secret); err != nil {
		return unknownUser, fmt.Sprintf("Write the user of the key %s in the Secret %s instead of %s: %v.", usernameKey, key, unknownUser, explain(err, "Secret", key))
	}
	user = string(secret.Data[usernameKey])
	if user == "" || strings.ContainsFunc(user, unicode.IsControl) {
		return unknownUser, fmt.Sprintf("Write a user of ari.conf instead of %s: the Secret %s has no key %s, or one with several lines.", unknownUser, key, usernameKey)
	}
	return user, ""
}

// streamConfiguration is what Asterisk has to know of a provider's WebSocket.
type streamConfiguration struct {
	provider                         client.ObjectKey
	uri, password, application, user string
	// remark is on the user; "" if there is nothing to say.
	remark string
}

// text is the configuration as Asterisk reads it.
func (s streamConfiguration) text() string {
	// The name of a section has to be different for each provider that has its WebSocket at the same Asterisk.
	section := s.provider.Namespace + "." + s.provider.Name
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("; For websocket_client.conf. The password is a secret.")
	line("[%s]", section)
	line("type = websocket_client")
	line("uri = %s", escaped(s.uri))
	line("protocols = ari")
	line("username = %s", s.provider)
	line("password = %s", s.password)
	line("connection_type = persistent")
	line("connection_timeout = 5000")
	line("reconnect_interval = 1000")
	if strings.HasPrefix(s.uri, "wss:") {
		line("tls_enabled = yes")
		line("; The certificates to trust. For an authority of your own, name its file.")
		line("ca_list_file = /etc/ssl/certs/ca-certificates.crt")
		line("verify_server_cert = yes")
		line("verify_server_hostname = yes")
	}
	line("")
	line("; For ari.conf, which also has the section of the user. That section needs password_format = plain.")
	line("[%s.stream]", section)
	line("type = outbound_websocket")
	line("websocket_client_id = %s", section)
	line("apps = %s", s.application)
	if s.remark != "" {
		line("; %s", strings.Join(strings.Fields(s.remark), " "))
	}
	line("local_ari_user = %s", escaped(s.user))
	line("subscribe_all = no")
	return text.String()
}

// escaped is a value in which a semicolon begins no comment.
func escaped(value string) string { return strings.ReplaceAll(value, ";", `\;`) }

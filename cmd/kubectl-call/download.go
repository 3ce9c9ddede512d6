// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/attempt"
	"github.com/call-operator/call-operator/telephony"
	telephonyacs "github.com/call-operator/call-operator/telephony/acs"
	"github.com/call-operator/call-operator/telephony/asterisk"
)

// downloadCommand is the command of record that does nothing in the call.
const downloadCommand = "download"

// largestRecording limits a file. It is more than a day of sound.
const largestRecording = 4 << 30

// download has what record download needs besides the call.
type download struct {
	// startedBy is the CallAction of the recording, "" for the newest one.
	startedBy, file  string
	force, allowHTTP bool
	timeout          time.Duration
	wait             *bool
	output           *output
}

func (d *download) bind(flags *pflag.FlagSet) {
	flags.StringVar(&d.file, "file", "", "File that download writes. Without it, the name of the CallAction that started the recording, in the current folder.")
	flags.BoolVar(&d.force, "force", false, "Have download overwrite the file.")
	flags.DurationVar(&d.timeout, "timeout", time.Hour, "How long download may take, without waiting for the end of the recording.")
	flags.BoolVar(&d.allowHTTP, "allow-http-endpoints", false, "Have download use an http:// endpoint of ACS, for a simulator.")
}

// run writes the contents of a recording into files.
func (d *download) run(command *cobra.Command, kube *kube, call string) error {
	c, namespace, err := kube.connect()
	if err != nil {
		return err
	}
	action, err := d.recording(command.Context(), c, namespace, call)
	if err != nil {
		return err
	}
	if !action.Status.Over() {
		if action, err = d.end(command, c, action); err != nil {
			return err
		}
	}
	contents := action.Status.RecordingFiles
	if len(contents) == 0 {
		return fmt.Errorf("callaction %s has no content: %s. %s", action.Name, action.Status.Result.Outcome, action.Status.Result.Message)
	}
	files := d.files(action, len(contents))
	for _, file := range files {
		if err := checkNew(file, d.force); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(command.Context(), d.timeout, fmt.Errorf("it was not over within --timeout=%s", d.timeout))
	defer cancel()
	service, err := d.service(ctx, c, action)
	if err != nil {
		return err
	}
	for i, file := range files {
		if err := d.save(ctx, command.OutOrStdout(), service, contents[i].ContentLocation, file); err != nil {
			return fmt.Errorf("downloading the recording of callaction %s: %w", action.Name, err)
		}
	}
	if d.output.format == "" {
		return nil
	}
	return d.output.object(command.OutOrStdout(), action, "callaction", "")
}

// recording is the CallAction that started the recording. The Call may be gone.
func (d *download) recording(ctx context.Context, c client.Client, namespace, call string) (*v1alpha1.CallAction, error) {
	var actions v1alpha1.CallActionList
	if err := c.List(ctx, &actions, client.InNamespace(namespace)); err != nil {
		return nil, explainList(err, "CallActions", namespace)
	}
	var newest *v1alpha1.CallAction
	for i := range actions.Items {
		action := &actions.Items[i]
		if !startsRecording(action, call) || d.startedBy != "" && action.Name != d.startedBy {
			continue
		}
		if newest == nil || newest.CreationTimestamp.Before(&action.CreationTimestamp) {
			newest = action
		}
	}
	switch {
	case newest != nil:
		return newest, nil
	case d.startedBy != "":
		return nil, fmt.Errorf("there is no CallAction %q in the namespace %q that started a recording of call %s", d.startedBy, namespace, call)
	default:
		return nil, fmt.Errorf("there is no CallAction in the namespace %q that started a recording of call %s: kubectl call record %[2]s start creates one", namespace, call)
	}
}

func startsRecording(action *v1alpha1.CallAction, call string) bool {
	record := action.Spec.Record
	named := action.Status.Call != nil && action.Status.Call.Name == call || action.Status.Call == nil && action.Spec.Call.Name == call
	return named && record != nil && (record.Command == v1alpha1.RecordStart || record.Command == "")
}

// end waits until a recording is over, and the service has its content.
func (d *download) end(command *cobra.Command, c client.WithWatch, action *v1alpha1.CallAction) (*v1alpha1.CallAction, error) {
	if !*d.wait {
		return nil, fmt.Errorf("callaction %s is not over: the recording was not stopped, or the service does not have its content yet", action.Name)
	}
	_, err := fmt.Fprintf(command.ErrOrStderr(), "callaction/%s is not over: waiting until the recording is stopped and the service has its content\n", action.Name)
	if err != nil {
		return nil, err
	}
	waiting := &awaitingAction{action: action, output: d.output, errOut: command.ErrOrStderr(), until: ended}
	return waiting.end(command.Context(), c)
}

// files are where the contents are written: one file, or several that are numbered.
func (d *download) files(action *v1alpha1.CallAction, count int) []string {
	file := d.file
	if file == "" {
		file = action.Name + "." + strings.ToLower(string(cmp.Or(action.Spec.Record.Format, v1alpha1.RecordingWAV)))
	}
	if count == 1 {
		return []string{file}
	}
	files := make([]string, count)
	suffix := filepath.Ext(file)
	for i := range files {
		files[i] = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(file, suffix), i+1, suffix)
	}
	return files
}

// service connects to the service that has the recording, with the user's own right to read the provider's Secret.
func (d *download) service(ctx context.Context, c client.Client, action *v1alpha1.CallAction) (telephony.RecordingReader, error) {
	provider, err := providerOf(ctx, c, action)
	if err != nil {
		return nil, err
	}
	if acs := provider.Spec.ACS; acs != nil && acs.WorkloadIdentity != nil {
		return nil, fmt.Errorf("CallProvider %s uses the manager's workload identity, which only the manager has: fetch the content at "+
			"status.recordingFiles of callaction %s with an identity of your own", provider.Name, action.Name)
	}
	adapters := telephony.Adapters{
		"acs":      &telephonyacs.Adapter{AllowHTTP: d.allowHTTP, Now: time.Now, Transport: telephonyacs.NewTransport()},
		"asterisk": &asterisk.Adapter{},
	}
	secret, key := &corev1.Secret{}, client.ObjectKey{Namespace: action.Namespace, Name: adapters.Credentials(provider).Name}
	if err := c.Get(ctx, key, secret); err != nil {
		return nil, fmt.Errorf("the content needs the credentials of CallProvider %s: %w", provider.Name, explain(err, "Secret", key))
	}
	service, endpoint, err := adapters.Connect(provider, secret.Data, telephony.Observer{
		Begin: func(context.Context, string) func(int) { return func(int) {} }, Answered: func(telephony.Answered) {},
	})
	var unusable *telephony.UnusableError
	if errors.As(err, &unusable) && unusable.Reason == v1alpha1.ReasonInvalidEndpoint && !d.allowHTTP {
		err = fmt.Errorf("%w With --allow-http-endpoints it may begin with http://", err)
	}
	if err != nil {
		return nil, fmt.Errorf("CallProvider %s cannot be used: %w", provider.Name, err)
	}
	if recorded := action.Status.Attempt.Service.Endpoint; attempt.Host(endpoint) != recorded {
		return nil, fmt.Errorf("the recording is at %s, and CallProvider %s leads to %s by now", recorded, provider.Name, attempt.Host(endpoint))
	}
	reader, ok := service.(telephony.RecordingReader)
	if !ok {
		return nil, fmt.Errorf("the service of CallProvider %s gives out no recordings", provider.Name)
	}
	return reachedAt{reader, endpoint}, nil
}

// providerOf is the CallProvider that an action was carried out with. The provider of that name may be another one by now.
func providerOf(ctx context.Context, c client.Client, action *v1alpha1.CallAction) (*v1alpha1.CallProvider, error) {
	sent := action.Status.Attempt
	if sent == nil || sent.Service == nil {
		return nil, fmt.Errorf("callaction %s does not say with which CallProvider it was carried out", action.Name)
	}
	provider, key := &v1alpha1.CallProvider{}, client.ObjectKey{Namespace: action.Namespace, Name: sent.Service.ProviderName}
	if err := c.Get(ctx, key, provider); err != nil {
		return nil, explain(err, "CallProvider", key)
	}
	return provider, nil
}

// reachedAt says where a service was to be reached that did not answer: the cluster may reach it where this machine does not.
type reachedAt struct {
	telephony.RecordingReader
	endpoint string
}

func (r reachedAt) ReadRecording(ctx context.Context, contentLocation string) (io.ReadCloser, error) {
	content, err := r.RecordingReader.ReadRecording(ctx, contentLocation)
	if telephony.Is(err, telephony.ClassUnavailable) && context.Cause(ctx) == nil {
		err = fmt.Errorf("%w This machine has to reach %s", err, r.endpoint)
	}
	return content, err
}

// save writes one content into a file.
func (d *download) save(ctx context.Context, out io.Writer, service telephony.RecordingReader, contentLocation, file string) error {
	content, err := service.ReadRecording(ctx, contentLocation)
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	defer func() { _ = content.Close() }()
	size, err := saveFile(file, content, largestRecording, d.force)
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	if d.output.format != "" {
		return nil
	}
	_, err = fmt.Fprintf(out, "%s has %d bytes\n", file, size)
	return err
}

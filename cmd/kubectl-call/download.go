// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
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

// Endings of the names of files.
const (
	suffixWAV = ".wav"
	suffixMP3 = ".mp3"
)

// download has what record download needs besides the call.
type download struct {
	choice
	file             string
	force, allowHTTP bool
	timeout          time.Duration
	wait             *bool
	output           *output
}

func (d *download) bind(flags *pflag.FlagSet) {
	flags.IntVar(&d.ofFlow, flowRecordingFlag, 0,
		"Number of the recording to download, of those that the call's flow started: 1 for the first one in status.flow.recordings.")
	flags.StringVar(&d.file, "file", "", "File that download writes. Without it, it is in the current folder, with the name of the CallAction "+
		"that started the recording, or of the Call whose flow did and the number of the recording.")
	flags.BoolVar(&d.force, "force", false, "Have download overwrite the file.")
	flags.DurationVar(&d.timeout, "timeout", time.Hour, "How long download may take, without waiting for the end of the recording.")
	flags.BoolVar(&d.allowHTTP, "allow-http-endpoints", false, "Have download use an http:// endpoint of ACS, for a simulator.")
}

// flowRecordingFlag chooses a recording that a flow started.
const flowRecordingFlag = "flow-recording"

// run writes the contents of a recording into files.
func (d *download) run(command *cobra.Command, kube *kube, call string) error {
	c, namespace, err := kube.connect()
	if err != nil {
		return err
	}
	recording, err := d.find(command.Context(), c, namespace, call)
	if err != nil {
		return err
	}
	if recording, err = d.complete(command, c, recording); err != nil {
		return err
	}
	if _, suffix := recording.file(); suffix != "" || d.file != "" {
		if err := d.checkNew(d.files(recording, suffix)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeoutCause(command.Context(), d.timeout, fmt.Errorf("it was not over within --timeout=%s", d.timeout))
	defer cancel()
	service, err := d.service(ctx, c, recording)
	if err != nil {
		return err
	}
	for part := range recording.contents() {
		if err := d.save(ctx, command.OutOrStdout(), service, recording, part); err != nil {
			return fmt.Errorf("downloading %s: %w", recording, errors.Join(err, context.Cause(ctx)))
		}
	}
	if d.output.format == "" {
		return nil
	}
	object, kind := recording.object()
	return d.output.object(command.OutOrStdout(), object, kind, "")
}

// complete waits until a recording is over, and the service has its content.
func (d *download) complete(command *cobra.Command, c client.WithWatch, recording recordingSource) (recordingSource, error) {
	waits := len(recording.contents()) == 0 && recording.missing(time.Now()) == ""
	if waits && !*d.wait {
		return nil, fmt.Errorf("%s has no content yet: the recording was not stopped, or the service does not have its content yet", recording)
	}
	if waits {
		_, err := fmt.Fprintf(command.ErrOrStderr(),
			"%s has no content yet: waiting until the recording is stopped and the service has its content\n", recording)
		if err != nil {
			return nil, err
		}
		if recording, err = recording.await(command.Context(), c, d.output, command.ErrOrStderr()); err != nil {
			return nil, err
		}
	}
	if why := recording.missing(time.Now()); why != "" {
		return nil, fmt.Errorf("%s has no content: %s", recording, why)
	}
	return recording, nil
}

// files are where the contents are written: one file, or several that are numbered.
func (d *download) files(recording recordingSource, suffix string) []string {
	file := d.file
	if file == "" {
		name, _ := recording.file()
		file = name + suffix
	}
	count := len(recording.contents())
	if count == 1 {
		return []string{file}
	}
	files := make([]string, count)
	suffix = filepath.Ext(file)
	for i := range files {
		files[i] = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(file, suffix), i+1, suffix)
	}
	return files
}

func (d *download) checkNew(files []string) error {
	for _, file := range files {
		if err := checkNew(file, d.force); err != nil {
			return err
		}
	}
	return nil
}

// service connects to the service that has the recording, with the user's own right to read the provider's Secret.
func (d *download) service(ctx context.Context, c client.Client, recording recordingSource) (telephony.RecordingReader, error) {
	provider, err := providerOf(ctx, c, recording)
	if err != nil {
		return nil, err
	}
	if acs := provider.Spec.ACS; acs != nil && acs.WorkloadIdentity != nil {
		return nil, fmt.Errorf("CallProvider %s uses the manager's workload identity, which only the manager has: fetch the content of %s "+
			"with an identity of your own: it is at %s", provider.Name, recording, strings.Join(recording.contents(), ", "))
	}
	adapters := telephony.Adapters{
		"acs":      &telephonyacs.Adapter{AllowHTTP: d.allowHTTP, Now: time.Now, Transport: telephonyacs.NewTransport()},
		"asterisk": &asterisk.Adapter{},
	}
	secret, key := &corev1.Secret{}, client.ObjectKey{Namespace: provider.Namespace, Name: adapters.Credentials(provider).Name}
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
	if recorded := recording.service().Endpoint; attempt.Host(endpoint) != recorded {
		return nil, fmt.Errorf("the recording is at %s, and CallProvider %s leads to %s by now", recorded, provider.Name, attempt.Host(endpoint))
	}
	reader, ok := service.(telephony.RecordingReader)
	if !ok {
		return nil, fmt.Errorf("the service of CallProvider %s gives out no recordings", provider.Name)
	}
	return reachedAt{reader, endpoint}, nil
}

// providerOf is the CallProvider of a recording. The provider of that name may be another one by now.
func providerOf(ctx context.Context, c client.Client, recording recordingSource) (*v1alpha1.CallProvider, error) {
	sent := recording.service()
	if sent == nil {
		return nil, fmt.Errorf("the status does not say with which CallProvider %s was made", recording)
	}
	object, _ := recording.object()
	provider, key := &v1alpha1.CallProvider{}, client.ObjectKey{Namespace: object.GetNamespace(), Name: sent.ProviderName}
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

// save writes one part of a recording into its file.
func (d *download) save(ctx context.Context, out io.Writer, service telephony.RecordingReader, recording recordingSource, part int) error {
	content, err := service.ReadRecording(ctx, recording.contents()[part])
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	sound := bufio.NewReader(content)
	_, suffix := recording.file()
	files := d.files(recording, cmp.Or(suffix, suffixOf(sound)))
	if part == 0 {
		if err := d.checkNew(files); err != nil {
			return err
		}
	}
	size, err := saveFile(files[part], sound, largestRecording, d.force)
	if err != nil || d.output.format != "" {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has %d bytes\n", files[part], size)
	return err
}

// suffixOf reads the format from the beginning of a content. An error while reading shows when it is read.
func suffixOf(content *bufio.Reader) string {
	const riff = "RIFF"
	if begin, _ := content.Peek(len(riff)); string(begin) == riff {
		return suffixWAV
	}
	return suffixMP3
}

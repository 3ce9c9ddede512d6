// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

// otherParty explains who an operation is about if nobody is named.
const otherParty = "Without it, that is the callee of an outbound call, and the caller of an incoming one."

func newSay(kube *kube) *cobra.Command {
	o := newOperating(useractions.Say)
	command := &cobra.Command{
		Use:   `say CALL ["TEXT"]`,
		Short: "Say something in a call",
		Long: `Say something in a call, and wait until it was said. It is sent once: if the answer is lost, it is not said again.

A call plays or listens for one thing after the other, unless --interrupt stops the current one.`,
		Example: `  # Read a text to everybody in the call
  kubectl call say reminder-ada "Your appointment is tomorrow at nine." --locale en-GB

  # Play a file until it is stopped
  kubectl call say reminder-ada --file https://files.example.com/music.wav --loop`,
		Args: cobra.RangeArgs(1, 2),
	}
	flags := command.Flags()
	o.bindPrompt(flags)
	flags.StringArrayVar(&o.request.To, "to", nil, "Participant who hears it: a number or an ID from the call's roster. Can be repeated; without it, everybody does.")
	flags.BoolVar(&o.request.Loop, "loop", false, "Play it again and again, until stop-media or the end of the call.")
	flags.BoolVar(&o.request.Interrupt, "interrupt", false, "Stop what the call plays or listens for now.")
	return o.complete(kube, command, func(args []string) error {
		if !o.readPrompt(args) {
			return errors.New(`say what to play in one way: write a text after the call, or use --ssml or --file`)
		}
		return nil
	})
}

func newAsk(kube *kube) *cobra.Command {
	o := newOperating(useractions.Ask)
	var silence time.Duration
	command := &cobra.Command{
		Use:   `ask CALL ["PROMPT"]`,
		Short: "Ask a question in a call and print the answer",
		Long: `Ask a question in a call, and print what was pressed or said: the label of the choice, the keys, or the words. Without an
answer, the command fails, with the outcome NoInput or NoMatch in its error.

With --sensitive the answer is in a Secret, and only the Secret's name is printed.`,
		Example: `  # A choice that can be pressed or said
  kubectl call ask reminder-ada "Press 1 to confirm, 2 to cancel." --choice confirm=1:yes --choice cancel=2:no

  # A PIN, which is kept in a Secret
  kubectl call ask reminder-ada "Enter your PIN, then the hash key." --tones 8 --stop '#' --sensitive`,
		Args: cobra.RangeArgs(1, 2),
	}
	flags := command.Flags()
	o.bindPrompt(flags)
	flags.StringArrayVar(&o.request.Choices, "choice", nil, "Choice as LABEL=KEY:PHRASE,..., such as confirm=1:yes,right. Can be repeated. The key or the phrases can be left out.")
	flags.Int32Var(&o.request.MaxTones, "tones", 0, "Listen for keys, so many at most.")
	flags.StringVar(&o.request.StopTones, "stop", "", "Keys that end the input, such as #. With --tones.")
	flags.BoolVar(&o.request.Speech, "speech", false, "Listen for words.")
	flags.BoolVar(&o.request.Sensitive, "sensitive", false, "Keep the answer in a Secret.")
	flags.DurationVar(&silence, "timeout", 5*time.Second, "How long to wait for the first key or word.")
	flags.BoolVar(&o.request.Interrupt, "interrupt", false, "Stop what the call plays or listens for now.")
	o.bindParticipant(flags, "Participant who is asked")
	return o.complete(kube, command, func(args []string) error {
		o.answers = true
		if flags.Changed("timeout") {
			o.request.Silence = &silence
		}
		if !o.readPrompt(args) && (len(args) > 1 || o.request.Prompt.SSML != "") {
			return errors.New("say what to play in one way: write a prompt after the call, or use --ssml or --file")
		}
		if len(o.request.Choices) == 0 && o.request.MaxTones == 0 && !o.request.Speech {
			return errors.New("say what to listen for: --choice, --tones or --speech")
		}
		return nil
	})
}

func newAdd(kube *kube) *cobra.Command {
	o := newOperating(useractions.Add)
	command := &cobra.Command{
		Use:     "add CALL NUMBER",
		Short:   "Call somebody into a call",
		Long:    "Call somebody into a call, and wait until they have joined. The phone rings once. If the CallAction is deleted, it stops ringing.",
		Example: "  kubectl call add reminder-ada +442079460103 --ring 30s",
		Args:    cobra.ExactArgs(2),
	}
	flags := command.Flags()
	o.bindFrom(flags)
	flags.DurationVar(&o.request.Ring, "ring", 0, "How long the phone rings, such as 30s. Without it, a minute.")
	return o.complete(kube, command, o.readCallee)
}

func newRemove(kube *kube) *cobra.Command {
	o := newOperating(useractions.Remove)
	return o.complete(kube, &cobra.Command{
		Use:     "remove CALL PARTY",
		Short:   "Disconnect a participant of a call",
		Long:    "Disconnect a participant of a call. The call continues for the others.",
		Example: "  kubectl call remove reminder-ada +442079460103",
		Args:    cobra.ExactArgs(2),
	}, o.readParticipant)
}

func newTransfer(kube *kube) *cobra.Command {
	o := newOperating(useractions.Transfer)
	command := &cobra.Command{
		Use:     "transfer CALL NUMBER",
		Short:   "Connect a participant of a call with somebody else",
		Long:    "Connect a participant of a call with somebody else. The operator's part in the call then ends.",
		Example: "  kubectl call transfer reminder-ada +442079460103",
		Args:    cobra.ExactArgs(2),
	}
	o.bindFrom(command.Flags())
	o.bindParticipant(command.Flags(), "Participant who is transferred")
	return o.complete(kube, command, o.readCallee)
}

func newMute(kube *kube) *cobra.Command {
	o := newOperating(useractions.Mute)
	return o.complete(kube, &cobra.Command{
		Use:   "mute CALL PARTY",
		Short: "Mute a participant of a call",
		Long: `Mute a participant of a call: the others do not hear them any more. Azure Communication Services mutes users of apps only, not
telephones; use hold for those.`,
		Example: "  kubectl call mute conference 8:acs:RESOURCE_USER",
		Args:    cobra.ExactArgs(2),
	}, o.readParticipant)
}

func newHold(kube *kube) *cobra.Command {
	o := newOperating(useractions.Hold)
	return o.complete(kube, &cobra.Command{
		Use:     "hold CALL [PARTY]",
		Short:   "Put a participant of a call on hold",
		Long:    "Put a participant of a call on hold: they hear nobody, and nobody hears them.\n\nPARTY is who is put on hold. " + otherParty,
		Example: "  kubectl call hold reminder-ada",
		Args:    cobra.RangeArgs(1, 2),
	}, o.readParticipant)
}

func newUnhold(kube *kube) *cobra.Command {
	o := newOperating(useractions.Unhold)
	return o.complete(kube, &cobra.Command{
		Use:     "unhold CALL [PARTY]",
		Short:   "Take a participant of a call off hold",
		Long:    "Take a participant of a call off hold.\n\nPARTY is who is taken off hold. " + otherParty,
		Example: "  kubectl call unhold reminder-ada",
		Args:    cobra.RangeArgs(1, 2),
	}, o.readParticipant)
}

func newRecord(kube *kube) *cobra.Command {
	o := newOperating(useractions.Record)
	download := &download{wait: &o.wait, output: &o.output}
	command := &cobra.Command{
		Use:   "record CALL (start | pause | resume | stop | download)",
		Short: "Start, pause, resume, stop or download a recording of a call",
		Long: `Start, pause, resume or stop a recording of a call. A recording is started once: if the answer is lost, it is not started again.
The command waits until the recording has begun.

download writes the content to a file, as soon as the recording is over and the service has it. It asks the service itself, with the
credentials in the provider's Secret: you must be allowed to read that Secret, and this machine has to reach the service. If the call
has several recordings, choose one with --started-by or, for one that the call's flow started, with --flow-recording.

pause, resume and stop are for the newest recording that a CallAction started, unless --started-by names another one.`,
		Example: `  kubectl call record conference start --format MP3
  kubectl call record conference stop
  kubectl call record conference download --file conference.mp3

  # What the second record step of the call's flow recorded
  kubectl call record reminder-ada download --flow-recording 2`,
		Args: cobra.ExactArgs(2),
	}
	flags := command.Flags()
	recording := &o.request.Recording
	flags.StringVar((*string)(&recording.Channels), "channels", "", "Mixed for one channel with everybody, or Unmixed for one channel for each participant. Without it, Mixed.")
	flags.StringVar((*string)(&recording.Format), "format", "", "WAV or MP3. Without it, WAV.")
	flags.StringVar(&recording.ContainerURL, "container-url", "", "URL of an Azure Blob Storage container for the recording. Without it, the service keeps it for 24 hours.")
	flags.StringVar(&recording.StartedBy, "started-by", "", "CallAction that started the recording to pause, resume, stop or download.")
	download.bind(flags)
	command.MarkFlagsMutuallyExclusive("started-by", flowRecordingFlag)
	o.complete(kube, command, func(args []string) error {
		o.request.Command = args[1]
		return nil
	})
	operate := command.RunE
	command.RunE = func(command *cobra.Command, args []string) error {
		switch {
		case args[1] != downloadCommand && flags.Changed(flowRecordingFlag):
			return fmt.Errorf("--%s is for download: a recording of a flow is stopped by the flow, or by the end of the call", flowRecordingFlag)
		case args[1] != downloadCommand:
			return operate(command, args)
		}
		download.startedBy = recording.StartedBy
		return download.run(command, kube, callName(args[0]))
	}
	return command
}

func newTones(kube *kube) *cobra.Command {
	o := newOperating(useractions.Tones)
	command := &cobra.Command{
		Use:     "tones CALL TONES",
		Short:   "Send DTMF tones to a participant of a call",
		Example: "  kubectl call tones reminder-ada 123#",
		Args:    cobra.ExactArgs(2),
	}
	o.bindParticipant(command.Flags(), "Participant who receives them")
	return o.complete(kube, command, func(args []string) error {
		o.request.Tones = args[1]
		return nil
	})
}

func newStopMedia(kube *kube) *cobra.Command {
	o := newOperating(useractions.StopMedia)
	return o.complete(kube, &cobra.Command{
		Use:     "stop-media CALL",
		Short:   "Stop what a call plays and listens for",
		Example: "  kubectl call stop-media reminder-ada",
		Args:    cobra.ExactArgs(1),
	}, func([]string) error { return nil })
}

// operating is a command that requests an operation in a call.
type operating struct {
	request useractions.OperateRequest
	output  output
	// wait waits for the end of the operation; answers prints what was pressed or said.
	wait, answers bool
}

func newOperating(verb useractions.Verb) *operating {
	return &operating{request: useractions.OperateRequest{Verb: verb}}
}

// complete adds what all these commands have in common. read completes the request from the arguments.
func (o *operating) complete(kube *kube, command *cobra.Command, read func(args []string) error) *cobra.Command {
	live := callNames(kube, func(call *v1alpha1.Call) bool { return useractions.CannotHangUp(call) == "" })
	command.ValidArgsFunction = func(command *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return live(command, args, begun)
	}
	command.PreRunE = o.output.check
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := read(args); err != nil {
			return err
		}
		return o.run(command, kube, callName(args[0]))
	}
	flags := command.Flags()
	flags.StringVar(&o.request.Name, "name", "", "Name of the CallAction; generated if empty.")
	flags.BoolVar(&o.wait, "wait", true, "Wait for the end of the action. With --wait=false, only create it.")
	o.output.bind(flags)
	return command
}

func (o *operating) bindPrompt(flags *pflag.FlagSet) {
	prompt := &o.request.Prompt
	flags.StringVar(&prompt.Voice, "voice", "", "Voice that reads the text, such as en-US-AvaNeural.")
	flags.StringVar(&prompt.Locale, "locale", "", "Language of the text and of what is said, such as en-GB. Without it, en-US.")
	flags.StringVar(&prompt.File, "file", "", "URL of an audio file to play instead of a text.")
	flags.StringVar(&prompt.SSML, "ssml", "", "Text in the Speech Synthesis Markup Language.")
}

// readPrompt reads the text, and tells whether there is exactly one thing to play.
func (o *operating) readPrompt(args []string) bool {
	prompt, given := &o.request.Prompt, 0
	if len(args) > 1 {
		prompt.Text = args[1]
	}
	for _, text := range []string{prompt.Text, prompt.SSML, prompt.File} {
		if text != "" {
			given++
		}
	}
	return given == 1
}

func (o *operating) bindParticipant(flags *pflag.FlagSet, who string) {
	flags.StringVarP(&o.request.Participant, "participant", "p", "", who+": a number or an ID from the call's roster. "+otherParty)
}

func (o *operating) bindFrom(flags *pflag.FlagSet) {
	flags.StringVar(&o.request.From, "from", "", "Number of the provider to call from. Without it, the number of the call.")
}

func (o *operating) readCallee(args []string) error {
	o.request.Callee = args[1]
	return nil
}

func (o *operating) readParticipant(args []string) error {
	if len(args) > 1 {
		o.request.Participant = args[1]
	}
	return nil
}

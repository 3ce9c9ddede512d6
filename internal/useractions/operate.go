// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package useractions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Verb is what people call an operation in a call.
type Verb string

// The operations in a call.
const (
	Say       Verb = "say"
	Ask       Verb = "ask"
	Add       Verb = "add"
	Remove    Verb = "remove"
	Transfer  Verb = "transfer"
	Mute      Verb = "mute"
	Hold      Verb = "hold"
	Unhold    Verb = "unhold"
	Record    Verb = "record"
	Tones     Verb = "tones"
	StopMedia Verb = "stop-media"
)

// OperateRequest requests one operation in a call. Parties are as people write them, or raw IDs of the call's roster.
type OperateRequest struct {
	Call Ref  `json:"call"`
	Verb Verb `json:"verb"`
	// Name is the name of the CallAction; empty means a generated one.
	Name string `json:"name,omitempty"`

	// Prompt is what Say and Ask play.
	Prompt v1alpha1.Prompt `json:"prompt,omitzero"`
	// To are the participants who hear what Say plays; none means everybody.
	To []string `json:"to,omitempty"`
	// Loop and Interrupt are as in the API.
	Loop      bool `json:"loop,omitempty"`
	Interrupt bool `json:"interrupt,omitempty"`

	// Participant is who the operation is about; empty means the other party of the call, except for Remove and Mute.
	Participant string `json:"participant,omitempty"`
	// Callee is whom Add and Transfer call.
	Callee string `json:"callee,omitempty"`
	// From is the caller as the callee sees it; empty means the API's default.
	From string `json:"from,omitempty"`
	// Ring is how long the callee is rung, in whole seconds; 0 means the API's default.
	Ring time.Duration `json:"-"`

	// Choices are what Ask accepts, each as ParseChoice reads it.
	Choices []string `json:"choices,omitempty"`
	// MaxTones is how many keys Ask accepts at most; 0 means none. StopTones end them.
	MaxTones  int32  `json:"maxTones,omitempty"`
	StopTones string `json:"stopTones,omitempty"`
	// Speech makes Ask listen for words.
	Speech bool `json:"speech,omitempty"`
	// Sensitive keeps the answer in a Secret.
	Sensitive bool `json:"sensitive,omitempty"`
	// Silence is how long Ask waits for the first key or word, in whole seconds; nil means the API's default.
	Silence *time.Duration `json:"-"`

	// Command is start, pause, resume or stop, for Record.
	Command string `json:"command,omitempty"`
	// Recording has the other fields of Record.
	Recording v1alpha1.RecordOperation `json:"recording,omitzero"`
	// Tones are what the operation Tones sends.
	Tones string `json:"tones,omitempty"`
}

// Operate creates a CallAction. The action waits until the call is connected.
func (c Client) Operate(ctx context.Context, request OperateRequest) (*v1alpha1.CallAction, error) {
	operation, err := request.Operation()
	if err != nil {
		return nil, err
	}
	call, err := c.get(ctx, request.Call)
	if err != nil {
		return nil, err
	}
	if err := obstacle(call, CannotHangUp(call)); err != nil {
		return nil, err
	}
	action := &v1alpha1.CallAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: call.Namespace, Name: request.Name},
		Spec:       v1alpha1.CallActionSpec{Call: v1alpha1.CallReference{Name: call.Name}, CallOperation: *operation},
	}
	if action.Name == "" {
		action.GenerateName = generatedName(string(request.Verb), call.Name)
	}
	return action, c.Kube.Create(ctx, action)
}

// Operation is the operation that is requested.
func (r *OperateRequest) Operation() (*v1alpha1.CallOperation, error) {
	p, err := r.parties()
	if err != nil {
		return nil, err
	}
	switch r.Verb {
	case Say:
		return &v1alpha1.CallOperation{Play: &v1alpha1.PlayOperation{Prompt: r.Prompt, To: p.to, Loop: r.Loop, Interrupt: r.Interrupt}}, nil
	case Ask:
		asked, err := r.question(p.participant)
		return &v1alpha1.CallOperation{Recognize: asked}, err
	case Add:
		return &v1alpha1.CallOperation{AddParticipant: &v1alpha1.AddParticipantOperation{
			Participant: ptr.Deref(p.callee, nobody), From: p.from, RingTimeoutSeconds: seconds(r.Ring),
		}}, nil
	case Remove:
		return &v1alpha1.CallOperation{RemoveParticipant: &v1alpha1.RemoveParticipantOperation{Participant: ptr.Deref(p.participant, nobody)}}, nil
	case Transfer:
		return &v1alpha1.CallOperation{Transfer: &v1alpha1.TransferOperation{To: ptr.Deref(p.callee, nobody), Participant: p.participant, From: p.from}}, nil
	case Mute:
		return &v1alpha1.CallOperation{Mute: &v1alpha1.MuteOperation{Participant: ptr.Deref(p.participant, nobody)}}, nil
	case Hold:
		return &v1alpha1.CallOperation{Hold: &v1alpha1.HoldOperation{Participant: p.participant}}, nil
	case Unhold:
		return &v1alpha1.CallOperation{Unhold: &v1alpha1.UnholdOperation{Participant: p.participant}}, nil
	case Record:
		return r.recording()
	case Tones:
		return &v1alpha1.CallOperation{SendTones: &v1alpha1.SendTonesOperation{Tones: v1alpha1.Tones(r.Tones), Participant: p.participant}}, nil
	case StopMedia:
		return &v1alpha1.CallOperation{CancelMedia: &v1alpha1.CancelMediaOperation{}}, nil
	default:
		return nil, fmt.Errorf("unknown operation %q in a call: use say, ask, add, remove, transfer, mute, hold, unhold, record, tones or stop-media", r.Verb)
	}
}

// nobody is refused by the API server, in its own words.
var nobody = v1alpha1.Identifier{}

// parties are the parties of a request.
type parties struct {
	to                  []v1alpha1.Identifier
	participant, callee *v1alpha1.Identifier
	from                *v1alpha1.Caller
}

func (r *OperateRequest) parties() (p parties, err error) {
	for _, text := range r.To {
		to, err := ParseParty(text)
		if err != nil {
			return p, err
		}
		p.to = append(p.to, *to)
	}
	if p.participant, err = parseOptionalParty(r.Participant); err != nil {
		return p, err
	}
	if p.callee, err = parseOptionalParty(r.Callee); err != nil {
		return p, err
	}
	p.from, err = parseCaller(r.From)
	return p, err
}

func (r *OperateRequest) question(participant *v1alpha1.Identifier) (*v1alpha1.RecognizeOperation, error) {
	asked := &v1alpha1.RecognizeOperation{
		Participant: participant, Locale: r.Prompt.Locale, Sensitive: r.Sensitive, Interrupt: r.Interrupt,
	}
	if r.Prompt != (v1alpha1.Prompt{}) {
		prompt := r.Prompt
		if prompt.Text == "" {
			prompt.Locale = "" // that of what is said, not of what is played
		}
		asked.Prompt = &prompt
	}
	for _, text := range r.Choices {
		choice, err := ParseChoice(text)
		if err != nil {
			return nil, err
		}
		asked.Choices = append(asked.Choices, *choice)
	}
	if r.MaxTones > 0 {
		asked.Tones = &v1alpha1.ToneInput{Max: ptr.To(r.MaxTones), StopTones: v1alpha1.Tones(r.StopTones)}
	}
	if r.Speech {
		asked.Speech = &v1alpha1.SpeechInput{}
	}
	if r.Silence != nil {
		asked.InitialSilenceTimeoutSeconds = ptr.To(int32(r.Silence.Round(time.Second) / time.Second))
	}
	return asked, nil
}

// ParseChoice reads a choice as people write it: its label, its key and what can be said for it, as in confirm=1:yes,right. The key or
// what is said can be left out.
func ParseChoice(text string) (*v1alpha1.Choice, error) {
	label, input, found := strings.Cut(text, "=")
	tone, said, _ := strings.Cut(input, ":")
	choice := &v1alpha1.Choice{Label: strings.TrimSpace(label), Tone: strings.TrimSpace(tone)}
	for phrase := range strings.SplitSeq(said, ",") {
		if phrase = strings.TrimSpace(phrase); phrase != "" {
			choice.Phrases = append(choice.Phrases, phrase)
		}
	}
	if !found || choice.Label == "" || choice.Tone == "" && choice.Phrases == nil {
		return nil, fmt.Errorf("%q is not a choice: write a label, a key and what can be said for it, such as confirm=1:yes,right or confirm=1", text)
	}
	return choice, nil
}

// recordCommands are the commands for a recording, as people write them.
var recordCommands = []v1alpha1.RecordCommand{v1alpha1.RecordStart, v1alpha1.RecordPause, v1alpha1.RecordResume, v1alpha1.RecordStop}

func (r *OperateRequest) recording() (*v1alpha1.CallOperation, error) {
	at := slices.IndexFunc(recordCommands, func(command v1alpha1.RecordCommand) bool { return strings.EqualFold(string(command), r.Command) })
	if at < 0 {
		return nil, fmt.Errorf("unknown command %q for a recording: use start, pause, resume or stop", r.Command)
	}
	recording := r.Recording
	recording.Command = recordCommands[at]
	return &v1alpha1.CallOperation{Record: &recording}, nil
}

// seconds is a duration as the API has it, nil if there is none.
func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	return ptr.To(int32(d.Round(time.Second) / time.Second))
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// CallOperation is one operation in a live call. Exactly one of its fields is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.play), has(self.recognize), has(self.sendTones), has(self.addParticipant), has(self.removeParticipant), has(self.transfer), has(self.mute), has(self.hold), has(self.unhold), has(self.record), has(self.cancelMedia)].filter(x, x).size() == 1",message="set exactly one operation: play, recognize, sendTones, addParticipant, removeParticipant, transfer, mute, hold, unhold, record or cancelMedia"
type CallOperation struct {
	// play plays text or a file.
	// +optional
	Play *PlayOperation `json:"play,omitempty"`

	// recognize listens for keys or speech, usually after a prompt.
	// +optional
	Recognize *RecognizeOperation `json:"recognize,omitempty"`

	// sendTones sends DTMF tones, for example to an extension menu at the other end.
	// +optional
	SendTones *SendTonesOperation `json:"sendTones,omitempty"`

	// addParticipant calls somebody into the call.
	// +optional
	AddParticipant *AddParticipantOperation `json:"addParticipant,omitempty"`

	// removeParticipant disconnects one participant. The call continues for the others.
	// +optional
	RemoveParticipant *RemoveParticipantOperation `json:"removeParticipant,omitempty"`

	// transfer connects a participant with somebody else. The operator's part in the call ends then.
	// +optional
	Transfer *TransferOperation `json:"transfer,omitempty"`

	// mute mutes a participant: the others hear nothing from them.
	// +optional
	Mute *MuteOperation `json:"mute,omitempty"`

	// hold puts a participant on hold: they hear neither the others nor are they heard.
	// +optional
	Hold *HoldOperation `json:"hold,omitempty"`

	// unhold takes a participant off hold.
	// +optional
	Unhold *UnholdOperation `json:"unhold,omitempty"`

	// record starts, pauses, resumes or stops a recording of the call. A start is carried out until the recording is over: it ends when
	// the service has reported where the content is.
	// +optional
	Record *RecordOperation `json:"record,omitempty"`

	// cancelMedia stops what the call plays and listens for.
	// +optional
	CancelMedia *CancelMediaOperation `json:"cancelMedia,omitempty"`
}

// OperationName is the name of the field of a CallOperation that is set.
type OperationName string

// The operations in a call.
const (
	OperationPlay              OperationName = "play"
	OperationRecognize         OperationName = "recognize"
	OperationSendTones         OperationName = "sendTones"
	OperationAddParticipant    OperationName = "addParticipant"
	OperationRemoveParticipant OperationName = "removeParticipant"
	OperationTransfer          OperationName = "transfer"
	OperationMute              OperationName = "mute"
	OperationHold              OperationName = "hold"
	OperationUnhold            OperationName = "unhold"
	OperationRecord            OperationName = "record"
	OperationCancelMedia       OperationName = "cancelMedia"
)

// Name is the name of the operation, "" if none is set.
func (o *CallOperation) Name() OperationName {
	switch {
	case o.Play != nil:
		return OperationPlay
	case o.Recognize != nil:
		return OperationRecognize
	case o.SendTones != nil:
		return OperationSendTones
	case o.AddParticipant != nil:
		return OperationAddParticipant
	case o.RemoveParticipant != nil:
		return OperationRemoveParticipant
	case o.Transfer != nil:
		return OperationTransfer
	case o.Mute != nil:
		return OperationMute
	case o.Hold != nil:
		return OperationHold
	case o.Unhold != nil:
		return OperationUnhold
	case o.Record != nil:
		return OperationRecord
	case o.CancelMedia != nil:
		return OperationCancelMedia
	default:
		return ""
	}
}

// Prompt is something to hear. Exactly one of text, ssml and file is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.text), has(self.ssml), has(self.file)].filter(x, x).size() == 1",message="say what to play in exactly one way: set text, ssml or file"
// +kubebuilder:validation:XValidation:rule="has(self.text) || !(has(self.voice) || has(self.locale))",message="voice and locale go with text: leave them out (SSML names its own voice)"
type Prompt struct {
	// text is read out. It has 4000 characters at most, which is what Azure Communication Services reads.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4000
	Text string `json:"text,omitempty"`

	// voice is the name of the voice that reads text, such as en-US-AvaNeural. Unset, the service chooses one for locale.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Voice string `json:"voice,omitempty"`

	// locale is the language of text, such as en-GB. Unset, it is en-US.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$')",message="locale must be a language tag, such as en-GB"
	Locale string `json:"locale,omitempty"`

	// ssml is text with marks for the voice, in the Speech Synthesis Markup Language.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16384
	SSML string `json:"ssml,omitempty"`

	// file is the URL of an audio file that the service fetches: a WAV file of 16 kHz or 8 kHz, mono. On Asterisk it may also be
	// one of its own media, such as sound:hello-world.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="self.matches('^(https?://|sound:|recording:|tone:|digits:|number:|characters:)[^ ,]+$')",message="file must be the URL of an audio file, such as https://files.example.com/hello.wav"
	File string `json:"file,omitempty"`
}

// Tones are DTMF tones, in their order: digits, *, #, and A to D.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9*#A-D]+$')",message="write tones as on a phone: 0 to 9, *, #, and A to D, such as 1234#"
type Tones string

// PlayOperation plays text or a file.
type PlayOperation struct {
	Prompt `json:",inline"`

	// to are the participants who hear it. Unset, everybody does.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	To []Identifier `json:"to,omitempty"`

	// loop plays it again and again, until cancelMedia or the end of the call. The operation is over when it begins to play.
	// +optional
	Loop bool `json:"loop,omitempty"`

	// interrupt stops what the call plays or listens for now. Otherwise this waits until that is over.
	// +optional
	Interrupt bool `json:"interrupt,omitempty"`
}

// RecognizeOperation listens for keys or speech.
//
// +kubebuilder:validation:XValidation:rule="has(self.choices) ? !has(self.tones) && !has(self.speech) : has(self.tones) || has(self.speech)",message="say what to listen for: set choices alone, or tones, speech or both"
type RecognizeOperation struct {
	// prompt is played first.
	// +optional
	Prompt *Prompt `json:"prompt,omitempty"`

	// participant is who is listened to. Unset, it is the callee of an outbound call and the caller of an incoming one.
	// +optional
	Participant *Identifier `json:"participant,omitempty"`

	// tones listens for keys.
	// +optional
	Tones *ToneInput `json:"tones,omitempty"`

	// speech listens for speech, and answers what was said. It needs spec.acs.cognitiveServicesEndpoint of the provider.
	// +optional
	Speech *SpeechInput `json:"speech,omitempty"`

	// choices listens for one of these. They can be pressed, said, or both.
	// +optional
	// +listType=map
	// +listMapKey=label
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="self.all(a, !has(a.tone) || self.exists_one(b, has(b.tone) && b.tone == a.tone))",message="two choices have the same tone: set a different one for each"
	Choices []Choice `json:"choices,omitempty"`

	// locale is the language of speech and of the phrases of choices, such as en-GB. Unset, it is en-US.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$')",message="locale must be a language tag, such as en-GB"
	Locale string `json:"locale,omitempty"`

	// initialSilenceTimeoutSeconds is how long to wait for the first key or word after the prompt.
	// +optional
	// +default=5
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=300
	InitialSilenceTimeoutSeconds *int32 `json:"initialSilenceTimeoutSeconds,omitempty"`

	// ignoreInputDuringPrompt plays the prompt to its end, whatever is pressed or said. Otherwise input stops it.
	// +optional
	IgnoreInputDuringPrompt bool `json:"ignoreInputDuringPrompt,omitempty"`

	// sensitive says that the answer is a secret, such as a PIN: it is kept in a Secret, and never shown in a status, a log, an Event or a
	// metric.
	// +optional
	Sensitive bool `json:"sensitive,omitempty"`

	// interrupt stops what the call plays or listens for now. Otherwise this waits until that is over.
	// +optional
	Interrupt bool `json:"interrupt,omitempty"`
}

// ToneInput says when the keys are complete.
type ToneInput struct {
	// max is how many keys there are at most.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=32
	Max *int32 `json:"max,omitempty"`

	// stopTones end the input, such as #. They are not part of the answer.
	// +optional
	StopTones Tones `json:"stopTones,omitempty"`

	// interToneTimeoutSeconds is how long to wait for another key.
	// +optional
	// +default=2
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60
	InterToneTimeoutSeconds *int32 `json:"interToneTimeoutSeconds,omitempty"`
}

// SpeechInput says when speech is complete.
type SpeechInput struct {
	// endSilenceTimeoutMilliseconds is how long the silence is that ends the speech.
	// +optional
	// +kubebuilder:validation:Minimum=100
	// +kubebuilder:validation:Maximum=30000
	EndSilenceTimeoutMilliseconds *int64 `json:"endSilenceTimeoutMilliseconds,omitempty"`
}

// Choice is something to say or press.
//
// +kubebuilder:validation:XValidation:rule="has(self.tone) || has(self.phrases)",message="a choice has to be pressed or said: set tone, phrases or both"
type Choice struct {
	// label is the answer when this is chosen, such as confirm.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Label string `json:"label,omitempty"`

	// tone is the key for it.
	// +optional
	// +kubebuilder:validation:Enum="0";"1";"2";"3";"4";"5";"6";"7";"8";"9";"*";"#";A;B;C;D
	Tone string `json:"tone,omitempty"`

	// phrases are what can be said for it, such as yes.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	Phrases []string `json:"phrases,omitempty"`
}

// SendTonesOperation sends DTMF tones.
type SendTonesOperation struct {
	// tones are sent in their order.
	// +required
	Tones Tones `json:"tones,omitempty"`

	// participant is who receives them. Unset, it is the callee of an outbound call and the caller of an incoming one.
	// +optional
	Participant *Identifier `json:"participant,omitempty"`
}

// AddParticipantOperation calls somebody into the call. Deleting the CallAction stops the ringing.
type AddParticipantOperation struct {
	// participant is who is called.
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party that has only a raw ID cannot be called: set phoneNumber or another kind"
	Participant Identifier `json:"participant,omitzero"`

	// from is the caller as the new participant sees it. Unset, it is the number of the call on the operator's side: that of spec.from of
	// an outbound call, and the number that was called of an incoming one.
	// +optional
	From *Caller `json:"from,omitempty"`

	// ringTimeoutSeconds is how long the new participant is rung.
	// +optional
	// +default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=180
	RingTimeoutSeconds *int32 `json:"ringTimeoutSeconds,omitempty"`

	// headers are sent to the new participant.
	// +optional
	Headers *OutboundHeaders `json:"headers,omitempty"`
}

// RemoveParticipantOperation disconnects one participant.
type RemoveParticipantOperation struct {
	// participant is who is disconnected.
	// +required
	Participant Identifier `json:"participant,omitzero"`
}

// TransferOperation connects a participant with somebody else.
type TransferOperation struct {
	// to is who is called.
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party that has only a raw ID cannot be called: set phoneNumber or another kind"
	To Identifier `json:"to,omitzero"`

	// participant is who is connected with to. Unset, it is the callee of an outbound call and the caller of an incoming one.
	// +optional
	Participant *Identifier `json:"participant,omitempty"`

	// from is the caller as the new party sees it. Unset, it is the number of the call on the operator's side.
	// +optional
	From *Caller `json:"from,omitempty"`

	// headers are sent to the new party.
	// +optional
	Headers *OutboundHeaders `json:"headers,omitempty"`
}

// MuteOperation mutes a participant.
type MuteOperation struct {
	// participant is who is muted. Azure Communication Services mutes users of apps only, not telephones.
	// +required
	Participant Identifier `json:"participant,omitzero"`
}

// HoldOperation puts a participant on hold.
type HoldOperation struct {
	// participant is who is put on hold. Unset, it is the callee of an outbound call and the caller of an incoming one.
	// +optional
	Participant *Identifier `json:"participant,omitempty"`

	// music is what the participant hears meanwhile.
	// +optional
	Music *Prompt `json:"music,omitempty"`
}

// UnholdOperation takes a participant off hold.
type UnholdOperation struct {
	// participant is who is taken off hold. Unset, it is the callee of an outbound call and the caller of an incoming one.
	// +optional
	Participant *Identifier `json:"participant,omitempty"`
}

// RecordCommand says what to do with a recording.
// +kubebuilder:validation:Enum=Start;Pause;Resume;Stop
type RecordCommand string

// The commands of a RecordOperation.
const (
	RecordStart  RecordCommand = "Start"
	RecordPause  RecordCommand = "Pause"
	RecordResume RecordCommand = "Resume"
	RecordStop   RecordCommand = "Stop"
)

// RecordOperation starts, pauses, resumes or stops a recording.
//
// +kubebuilder:validation:XValidation:rule="self.command == 'Start' || !(has(self.channels) || has(self.format) || has(self.containerURL))",message="channels, format and containerURL go with command Start: leave them out"
// +kubebuilder:validation:XValidation:rule="self.command != 'Start' || !has(self.startedBy)",message="startedBy names the recording to pause, resume or stop: leave it out"
type RecordOperation struct {
	// command is Start, Pause, Resume or Stop.
	// +optional
	// +default="Start"
	Command RecordCommand `json:"command,omitempty"`

	// startedBy is the name of the CallAction that started the recording. Unset, it is the call's newest recording.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	StartedBy string `json:"startedBy,omitempty"`

	// channels is Mixed for one channel with everybody, or Unmixed for one channel for each participant. Unset, it is Mixed.
	// +optional
	Channels RecordingChannels `json:"channels,omitempty"`

	// format is WAV or MP3. Unset, it is WAV.
	// +optional
	Format RecordingFormat `json:"format,omitempty"`

	// containerURL is the URL of an Azure Blob Storage container that the recording is written to. Unset, the service keeps it for 24 hours.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.startsWith('https://')",message="containerURL must be an https URL, such as https://myaccount.blob.core.windows.net/recordings"
	ContainerURL string `json:"containerURL,omitempty"`
}

// RecordingChannels says which audio channels a recording has.
// +kubebuilder:validation:Enum=Mixed;Unmixed
type RecordingChannels string

// The channels of a recording.
const (
	RecordingMixed   RecordingChannels = "Mixed"
	RecordingUnmixed RecordingChannels = "Unmixed"
)

// RecordingFormat is the format of a recording.
// +kubebuilder:validation:Enum=WAV;MP3
type RecordingFormat string

// The formats of a recording.
const (
	RecordingWAV RecordingFormat = "WAV"
	RecordingMP3 RecordingFormat = "MP3"
)

// CancelMediaOperation stops what the call plays and listens for.
type CancelMediaOperation struct{}

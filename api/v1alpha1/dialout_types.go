// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// DialOutFinalizer keeps a deleted DialOut until its calls are over, and each of its Calls until its result is recorded.
	DialOutFinalizer = "call-operator.dev/dial-out"
	// DialOutLabel is on every Call, ConfigMap and Secret that a DialOut creates. Its value is the DialOut's UID.
	DialOutLabel = "call-operator.dev/dial-out"
	// DialOutPartLabel says what a ConfigMap or Secret of a DialOut holds: DialOutPartTargets or DialOutPartResults.
	DialOutPartLabel = "call-operator.dev/dial-out-part"
	// DialOutTargetAnnotation is on every Call of a DialOut: the number of its target in the list, from 0, and that of the Call among the
	// target's Calls, from 1, as 17/1.
	DialOutTargetAnnotation = "call-operator.dev/dial-out-target"
	// EndedByDialOutAnnotation is on a Call that its DialOut ended, and says why in one word.
	EndedByDialOutAnnotation = "call-operator.dev/ended-by-dial-out"
)

// What a ConfigMap or Secret of a DialOut holds.
const (
	// DialOutPartTargets marks the targets as they were read.
	DialOutPartTargets = "targets"
	// DialOutPartResults marks what became of the targets.
	DialOutPartResults = "results"
)

// DialOut calls many parties for one purpose: a campaign that calls everybody, or an escalation that calls one after another until
// somebody accepts.
//
// Each attempt is a Call of its own. The targets are read once, at the start: a list that changes later changes nothing. Deleting a DialOut
// hangs up its calls.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=dial,categories=telephony
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Targets",type=integer,JSONPath=`.status.counts.total`
// +kubebuilder:printcolumn:name="Calling",type=integer,JSONPath=`.status.counts.calling`
// +kubebuilder:printcolumn:name="Done",type=integer,JSONPath=`.status.counts.done`
// +kubebuilder:printcolumn:name="Accepted",type=integer,JSONPath=`.status.counts.accepted`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Next",type=string,priority=1,JSONPath=`.status.nextStartTime`
// +kubebuilder:printcolumn:name="Requested-By",type=string,priority=1,JSONPath=`.metadata.annotations.call-operator\.dev/requested-by`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type DialOut struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard object's metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says whom to call, with which call, and when.
	// +required
	Spec DialOutSpec `json:"spec,omitzero"`

	// status says how far the calls have come.
	// +optional
	// +default={"observedGeneration":-1}
	Status DialOutStatus `json:"status,omitzero"`
}

// DialOutSpec says whom to call, with which call, and when.
//
// +kubebuilder:validation:XValidation:rule="has(self.targets) || has(self.targetsFrom)",message="a DialOut needs somebody to call: set targets, or targetsFrom"
// +kubebuilder:validation:XValidation:rule="self.until != 'FirstAccepted' || has(self.acceptedFlowOutcomes)",message="FirstAccepted needs to know what counts as accepted: set acceptedFlowOutcomes to outcomes of the flow, such as [accepted]",fieldPath=".until"
// +kubebuilder:validation:XValidation:rule="!has(self.acceptedFlowOutcomes) || has(self.callTemplate.spec.flow)",message="only a flow has outcomes: set callTemplate.spec.flow",fieldPath=".acceptedFlowOutcomes"
// +kubebuilder:validation:XValidation:rule="self.callTemplate == oldSelf.callTemplate",message="callTemplate cannot change: create a new DialOut",fieldPath=".callTemplate"
// +kubebuilder:validation:XValidation:rule="has(self.from) == has(oldSelf.from) && (!has(self.from) || self.from == oldSelf.from)",message="from cannot change: create a new DialOut",fieldPath=".from"
// +kubebuilder:validation:XValidation:rule="has(self.targets) == has(oldSelf.targets) && (!has(self.targets) || self.targets == oldSelf.targets)",message="targets are read once and cannot change: create a new DialOut",fieldPath=".targets"
// +kubebuilder:validation:XValidation:rule="has(self.targetsFrom) == has(oldSelf.targetsFrom) && (!has(self.targetsFrom) || self.targetsFrom == oldSelf.targetsFrom)",message="targetsFrom are read once and cannot change: create a new DialOut",fieldPath=".targetsFrom"
// +kubebuilder:validation:XValidation:rule="(has(self.allOrNothing) && self.allOrNothing) == (has(oldSelf.allOrNothing) && oldSelf.allOrNothing)",message="allOrNothing cannot change: create a new DialOut",fieldPath=".allOrNothing"
// +kubebuilder:validation:XValidation:rule="self.order == oldSelf.order",message="order cannot change: create a new DialOut",fieldPath=".order"
// +kubebuilder:validation:XValidation:rule="self.until == oldSelf.until",message="until cannot change: create a new DialOut",fieldPath=".until"
// +kubebuilder:validation:XValidation:rule="has(self.acceptedFlowOutcomes) == has(oldSelf.acceptedFlowOutcomes) && (!has(self.acceptedFlowOutcomes) || self.acceptedFlowOutcomes == oldSelf.acceptedFlowOutcomes)",message="acceptedFlowOutcomes cannot change: create a new DialOut",fieldPath=".acceptedFlowOutcomes"
// +kubebuilder:validation:XValidation:rule="has(self.onConnected) == has(oldSelf.onConnected) && (!has(self.onConnected) || self.onConnected == oldSelf.onConnected)",message="onConnected cannot change: create a new DialOut",fieldPath=".onConnected"
type DialOutSpec struct {
	// callTemplate is the Call that each target gets.
	// +required
	CallTemplate CallTemplate `json:"callTemplate,omitzero"`

	// from are the caller numbers, among the provider's numbers. The calls are spread over them in turn. Calls to phone numbers need one.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	From []PhoneNumber `json:"from,omitempty"`

	// targets are whom to call. A longer list belongs into a ConfigMap or a Secret that targetsFrom names.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	Targets []DialOutTarget `json:"targets,omitempty"`

	// targetsFrom are lists of whom to call, after those in targets. They are read once, at the start.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	TargetsFrom []TargetsSource `json:"targetsFrom,omitempty"`

	// allOrNothing says that nobody is called when one of the lines is wrong. Otherwise all others are called.
	// +optional
	AllOrNothing bool `json:"allOrNothing,omitempty"`

	// parallelism is how many calls there are at a time.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	Parallelism *int32 `json:"parallelism,omitempty"`

	// callsPerSecond is how many calls are started each second, such as 5, or 500m for one in two seconds. Unset, there is no limit.
	// +optional
	// +kubebuilder:validation:XValidation:rule="quantity(string(self)).isGreaterThan(quantity('0')) && quantity(string(self)).compareTo(quantity('1000')) <= 0",message="callsPerSecond must be above 0 and 1000 at most, such as 5, or 500m for one in two seconds"
	CallsPerSecond *resource.Quantity `json:"callsPerSecond,omitempty"`

	// order is Listed to call the targets in the order of the list, where one that waits for its next attempt holds nobody up, or Sequential
	// to begin with a target only when all attempts of the one before it are over.
	// +optional
	// +default="Listed"
	Order DialOutOrder `json:"order,omitempty"`

	// attempts says how often a target is called, and when again.
	// +optional
	Attempts *DialOutAttempts `json:"attempts,omitempty"`

	// callingHours are when calls are started. Unset, they are at any time.
	// +optional
	CallingHours *CallingHours `json:"callingHours,omitempty"`

	// until is AllCalled to call everybody, or FirstAccepted to stop as soon as a call ends its flow with one of acceptedFlowOutcomes. Then
	// nobody else is called, and the other calls are hung up.
	// +optional
	// +default="AllCalled"
	Until DialOutUntil `json:"until,omitempty"`

	// acceptedFlowOutcomes are the outcomes of the flow that count as accepted.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	AcceptedFlowOutcomes []FlowOutcome `json:"acceptedFlowOutcomes,omitempty"`

	// onConnected says what happens with a call as soon as it is connected.
	// +optional
	OnConnected *OnConnected `json:"onConnected,omitempty"`

	// suspend says that no call is started. Calls that have not been dialled are ended and do not count as attempts; those that ring or
	// are connected come to their own end.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// activeDeadlineSeconds is how long the DialOut may take, from its start or from when it was last resumed. Then no call is started any
	// more, and those under way are hung up.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2147483647
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`

	// callHistoryLimit is how many Calls that are over are kept. Their results are kept with the DialOut.
	// +optional
	// +default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	CallHistoryLimit *int32 `json:"callHistoryLimit,omitempty"`

	// ttlSecondsAfterFinished is how long the DialOut is kept after it is over, with its results. Unset keeps it until somebody deletes it;
	// 0 deletes it at once.
	// +optional
	// +kubebuilder:validation:Minimum=0
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// DialOutOrder says when a target's turn comes.
// +kubebuilder:validation:Enum=Listed;Sequential
type DialOutOrder string

// The orders of a DialOut.
const (
	// OrderListed calls in the order of the list, as calls may be started.
	OrderListed DialOutOrder = "Listed"
	// OrderSequential ends all attempts of a target before the next target begins.
	OrderSequential DialOutOrder = "Sequential"
)

// DialOutUntil says when a DialOut is complete.
// +kubebuilder:validation:Enum=AllCalled;FirstAccepted
type DialOutUntil string

// When a DialOut is complete.
const (
	// UntilAllCalled says that everybody is called.
	UntilAllCalled DialOutUntil = "AllCalled"
	// UntilFirstAccepted says that nobody is called any more once somebody accepted.
	UntilFirstAccepted DialOutUntil = "FirstAccepted"
)

// CallTemplate is the Call that each target of a DialOut gets.
type CallTemplate struct {
	// metadata has the labels and annotations of the Calls.
	// +optional
	Metadata *CallTemplateMetadata `json:"metadata,omitempty"`

	// spec is what the Calls have in common.
	// +required
	Spec CallTemplateSpec `json:"spec,omitzero"`
}

// CallTemplateMetadata has the labels and annotations of Calls.
type CallTemplateMetadata struct {
	// labels are the labels of the Calls. 8 at most.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.size() <= 253 && !key.startsWith('call-operator.dev/') && key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))",message="a key of labels must be a label's key that does not begin with call-operator.dev/: letters, digits, -, _ and ., 63 at most, such as team or example.com/team"
	// +kubebuilder:validation:XValidation:rule="self.all(key, self[key].size() <= 63 && !self[key].matches('[^-.\\\\w]') && !['-', '_', '.'].exists(mark, self[key].startsWith(mark) || self[key].endsWith(mark)))",message="a value of labels must be a label's value: letters, digits, -, _ and ., 63 at most, such as sales"
	Labels map[string]string `json:"labels,omitempty"`

	// annotations are the annotations of the Calls. 8 at most, and 2048 characters in total.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(key, key.size() <= 253 && !key.startsWith('call-operator.dev/') && key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'))",message="a key of annotations must be an annotation's key that does not begin with call-operator.dev/: letters, digits, -, _ and ., 63 at most, such as example.com/ticket"
	// +kubebuilder:validation:XValidation:rule="self.map(key, key.size() + self[key].size()).sum() <= 2048",message="annotations may have 2048 characters in total: remove some, or write shorter ones"
	Annotations map[string]string `json:"annotations,omitempty"`
}

// CallTemplateSpec is what the Calls of a DialOut have in common.
type CallTemplateSpec struct {
	// providerRef names the CallProvider, in the same namespace, that carries the calls.
	// +required
	ProviderRef ProviderReference `json:"providerRef,omitzero"`

	// displayName is the name that an app shows to the callee.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	DisplayName string `json:"displayName,omitempty"`

	// headers are sent to the callees with the calls, as those of a Call.
	// +optional
	Headers *OutboundHeaders `json:"headers,omitempty"`

	// flow is what happens in the calls once they are answered. Its parameters are for all targets; a target's own take precedence.
	// +optional
	Flow *FlowUse `json:"flow,omitempty"`

	// ringTimeout is how long a callee is rung before the operator gives up, from 1s to 3m. The service itself gives up after about two
	// minutes.
	// +optional
	// +default="60s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s') && duration(self) <= duration('3m')",message="ringTimeout must be a duration from 1s to 3m, such as 45s"
	RingTimeout *metav1.Duration `json:"ringTimeout,omitempty"`

	// maxDuration is how long a call may last once it is connected. Then the operator hangs up. At least 1s.
	// +optional
	// +default="4h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) >= duration('1s')",message="maxDuration must be a duration of at least 1s, such as 30m"
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`
}

// DialOutTarget is somebody to call.
type DialOutTarget struct {
	// name is what results call the target. Unset, it is the party's number or ID. No two targets have the same name.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`

	// to is the party to call.
	// +required
	// +kubebuilder:validation:XValidation:rule="!has(self.rawID)",message="a party that has only a raw ID cannot be called: set phoneNumber or another kind"
	To Identifier `json:"to,omitzero"`

	// parameters are the values of the flow's parameters for this target. They take precedence over those of callTemplate.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.size() <= 63 && self[name].size() <= 256)",message="write a shorter parameter: its name has 63 characters at most, and its value 256"
	Parameters map[string]string `json:"parameters,omitempty"`

	// timeZone is the target's time zone in the IANA database, such as Europe/London. Unset, it is that of callingHours.
	// +optional
	TimeZone TimeZone `json:"timeZone,omitempty"`
}

// TimeZone is the name of a time zone in the IANA database, such as Europe/London.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z]+([-+_/]?[A-Za-z0-9]+)*$') && self != 'Local'",message="write the name of a time zone in the IANA database, such as Europe/London or UTC"
type TimeZone string

// TargetsFormat is the format of a list of targets.
// +kubebuilder:validation:Enum=CSV;JSONLines
type TargetsFormat string

// The formats of a list of targets.
const (
	// TargetsCSV is comma-separated values, as in RFC 4180, with the names of the columns in the first line.
	TargetsCSV TargetsFormat = "CSV"
	// TargetsJSONLines is one JSON object on each line, with the fields of a target.
	TargetsJSONLines TargetsFormat = "JSONLines"
)

// TargetsSource is a list of targets. Exactly one of its references is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.configMapKeyRef) != has(self.secretKeyRef)",message="a list is in one place: set either configMapKeyRef or secretKeyRef"
type TargetsSource struct {
	// configMapKeyRef names a key of a ConfigMap in the same namespace.
	// +optional
	ConfigMapKeyRef *KeyReference `json:"configMapKeyRef,omitempty"`

	// secretKeyRef names a key of a Secret in the same namespace. The targets and the results are then kept in Secrets too.
	// +optional
	SecretKeyRef *KeyReference `json:"secretKeyRef,omitempty"`

	// format is CSV, with the names of the columns in the first line: name, timeZone, phoneNumber or another kind of party; every other
	// column is a parameter of the flow. Or it is JSONLines, with the fields of a target in an object on each line.
	// +optional
	// +default="CSV"
	Format TargetsFormat `json:"format,omitempty"`
}

// DialOutAttempts says how often a target is called, and when again.
type DialOutAttempts struct {
	// limit is how often a target is called at most. A Call that was ended before it was dialled does not count.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	Limit *int32 `json:"limit,omitempty"`

	// rules say after which outcomes a target is called again, and when. The first rule that matches counts. Where none does, a target is
	// called again 10 minutes after NoAnswer, Busy and Failed, and not after any other outcome.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Rules []AttemptRule `json:"rules,omitempty"`
}

// AttemptRule says whether a target is called again after some outcomes, and when.
//
// +kubebuilder:validation:XValidation:rule="has(self.outcomes) || has(self.flowOutcomes)",message="a rule is for some outcomes: set outcomes, such as [Busy], or flowOutcomes, such as [callLater]"
// +kubebuilder:validation:XValidation:rule="self.action != 'Stop' || !has(self.pause)",message="nothing comes after Stop: leave pause out",fieldPath=".pause"
type AttemptRule struct {
	// outcomes are outcomes of a Call.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:XValidation:rule="!self.exists(outcome, outcome in ['Expired', 'Cancelled', 'Missed', 'Redirected', 'Rejected'])",message="a rule cannot be for Expired, Cancelled, Missed, Redirected or Rejected: remove them (who was not dialled before a deadline is called later in any case)"
	Outcomes []CallOutcome `json:"outcomes,omitempty"`

	// flowOutcomes are outcomes of the flow, of calls that were answered.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	FlowOutcomes []FlowOutcome `json:"flowOutcomes,omitempty"`

	// action is Retry to call the target again, or Stop not to.
	// +optional
	// +default="Retry"
	Action AttemptAction `json:"action,omitempty"`

	// pause is how long to wait after the end of the call, up to 30 days, such as 30m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}([.][0-9]{1,9})?(h|m|s|ms)){1,4}$') && duration(self) <= duration('720h')",message="pause must be a duration of 720h at most, such as 30m"
	Pause *metav1.Duration `json:"pause,omitempty"`
}

// AttemptAction says what happens after an outcome.
// +kubebuilder:validation:Enum=Retry;Stop
type AttemptAction string

// What happens after an outcome.
const (
	// AttemptRetry calls the target again.
	AttemptRetry AttemptAction = "Retry"
	// AttemptStop does not.
	AttemptStop AttemptAction = "Stop"
)

// FlowOutcome is how a flow ended: the word of the step that ended it, or failed, hungUp, timedOut and so on.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
type FlowOutcome string

// CallingHours are when calls are started, in the time zone of each target.
type CallingHours struct {
	// timeZone is the time zone of targets that have none of their own, in the IANA database, such as Europe/London.
	// +required
	TimeZone TimeZone `json:"timeZone,omitempty"`

	// windows are the hours. Calls are started in any of them.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=28
	Windows []CallingWindow `json:"windows,omitempty"`
}

// CallingWindow is some hours of some days.
//
// +kubebuilder:validation:XValidation:rule="self.start < self.end",message="start must be before end: write two windows for hours across midnight, one that ends at 24:00 and, for the next day, one that starts at 00:00"
type CallingWindow struct {
	// days are the days of the week. Unset, it is every day.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`

	// start is when the window begins, by the clock on the wall, such as "09:00".
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="write a time of day from \"00:00\" to \"23:59\", such as \"09:00\""
	Start string `json:"start,omitempty"`

	// end is when the window ends, such as "20:00". The end of the day is "24:00".
	// +required
	// +kubebuilder:validation:MinLength=5
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')",message="write a time of day from \"00:01\" to \"24:00\", such as \"20:00\""
	End string `json:"end,omitempty"`
}

// Weekday is a day of the week.
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday
type Weekday string

// OnConnected says what happens with a call as soon as it is connected.
type OnConnected struct {
	// moveTo selects the Call, in the same namespace and with the same provider, into which everybody who answers is moved. Each move is a
	// ParticipantMove with the name of the Call that it moves from.
	// +required
	MoveTo CallReference `json:"moveTo,omitzero"`
}

const (
	defaultParallelism      = 1
	defaultAttemptLimit     = 1
	defaultCallHistoryLimit = 100
	// DefaultAttemptPause is how long a target waits for its next attempt unless a rule says otherwise.
	DefaultAttemptPause = 10 * time.Minute
)

// MaxParallel is spec.parallelism or its default.
func (s *DialOutSpec) MaxParallel() int { return int(int32Or(s.Parallelism, defaultParallelism)) }

// AttemptLimit is spec.attempts.limit or its default.
func (s *DialOutSpec) AttemptLimit() int {
	if s.Attempts == nil {
		return defaultAttemptLimit
	}
	return int(int32Or(s.Attempts.Limit, defaultAttemptLimit))
}

// HistoryLimit is spec.callHistoryLimit or its default.
func (s *DialOutSpec) HistoryLimit() int {
	return int(int32Or(s.CallHistoryLimit, defaultCallHistoryLimit))
}

// Sequential tells whether spec.order is Sequential.
func (s *DialOutSpec) Sequential() bool { return s.Order == OrderSequential }

// InSecrets tells whether one of the lists is a Secret.
func (s *DialOutSpec) InSecrets() bool {
	for i := range s.TargetsFrom {
		if s.TargetsFrom[i].SecretKeyRef != nil {
			return true
		}
	}
	return false
}

func int32Or(number *int32, fallback int32) int32 {
	if number == nil {
		return fallback
	}
	return *number
}

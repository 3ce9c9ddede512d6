// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package simulator

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/call-operator/call-operator/acs"
)

// Timings of the simulated network.
const (
	// incomingRing is how long an incoming call can be answered by an app.
	// Source: https://learn.microsoft.com/azure/communication-services/concepts/call-automation/incoming-call-notification.
	incomingRing = 30 * time.Second

	// contextBytes makes a context about as large as the service's, which is 6 to 8 kB.
	contextBytes = 5 << 10

	// unattended is how long a conversation without an app lasts: otherwise the simulator would keep it forever.
	unattended = 10 * time.Minute
)

// world has all calls, phones and rings. It is changed under one lock, by functions that neither wait nor send: they
// return events and timers as effects.
type world struct {
	options *Options
	journal *journal
	faults  *faults
	phones  map[string]Phone
	owned   map[string]bool
	// subscribed tells whether there are subscribers to incoming calls. A reset does not change it.
	subscribed bool

	legs        map[string]*leg
	rings       map[string]*ring
	recordings  map[string]*recording
	byServerID  map[string]*conversation
	byLocator   map[string]*conversation
	invitations map[string]*ring
	busy        map[string]int
	// files are the contents of recordings, by document ID.
	files map[string]*recordingFile
	// address is where the simulator was reached by the present request.
	address string

	effects []effect
}

// effect is something to do outside the lock.
type effect struct {
	// event is to be posted to a callback URI.
	event *outgoing
	// announcement is to be sent to Event Grid.
	announcement *announcement
	// later is to be done after a time.
	later func(*world)
	after time.Duration
}

func newWorld(options *Options, journal *journal, faults *faults) *world {
	w := &world{options: options, journal: journal, faults: faults}
	w.reset()
	return w
}

func (w *world) reset() {
	w.phones, w.owned = map[string]Phone{}, map[string]bool{}
	w.legs, w.rings, w.recordings = map[string]*leg{}, map[string]*ring{}, map[string]*recording{}
	w.byServerID, w.byLocator = map[string]*conversation{}, map[string]*conversation{}
	w.busy, w.invitations, w.files = map[string]int{}, map[string]*ring{}, map[string]*recordingFile{}
	for _, phone := range w.options.Phones {
		w.phones[phone.ID()] = phone
	}
	for _, number := range w.options.OwnedNumbers {
		w.owned[number] = true
	}
}

// later runs f after d.
func (w *world) later(d time.Duration, f func(*world)) {
	w.effects = append(w.effects, effect{later: f, after: d})
}

// conversation is a call from the network's view: all parties that hear each other.
type conversation struct {
	// ids are those of the side that placed the call; serverIDs are the server call IDs of all sides.
	ids       callIDs
	serverIDs []string
	// locator is the key of a group call or a room, "" for other calls.
	locator  string
	legs     []*leg
	parties  []*party
	sequence int
}

// callIDs name a call, or one side of it.
type callIDs struct{ server, correlation string }

func newIDs() callIDs {
	server := make([]byte, 48)
	_, _ = rand.Read(server) // never fails
	return callIDs{
		correlation: uuid.NewString(),
		server:      base64.RawURLEncoding.EncodeToString([]byte("https://conv.example.test/conv/" + hex.EncodeToString(server))),
	}
}

// party is somebody in a conversation.
type party struct {
	// id is the raw ID in rosters: for a callee, the dialled ID.
	id string
	// dialled is what was dialled to reach an app, which answers under an ID of its own.
	dialled string
	muted   bool
	held    bool
	// phone is what the party speaks through, nil for an app.
	phone *Phone
	// rang is the raw ID of the phone; used are the reactions of its script that it has used; audio is what it hears on hold.
	rang  string
	used  map[int]bool
	audio *holdAudio
	// app is the leg that the party is the app of, nil for a person.
	app *leg
	// in is where the party is; moves change it.
	in *conversation
}

// leg is a call connection: one app's side of a conversation.
type leg struct {
	id               string
	ids              callIDs
	conversation     *conversation
	callback         string
	operationContext string
	targets          []acs.Identifier
	callerNumber     string
	displayName      string
	source           *acs.Identifier
	answeredFor      string
	answeredBy       string
	state            acs.CallConnectionState
	// failure is the event that tells that the leg was never connected.
	failure string
	// limited legs count against the limit of their caller number.
	limited bool
	self    *party
	// speaks says that the call was set up with a speech service.
	speaks bool
	// media are the operations that run or wait; sendsTones says that tones are being sent; continuous are the participants
	// of whose tones the app is told; holds are who hears something on hold.
	media      []*mediaOperation
	sendsTones bool
	continuous map[*party]*continuousTones
	holds      []*party
	rings      []*ring
}

// ring is somebody being called.
type ring struct {
	// id is the key of rings; context is the capability that answers an incoming call.
	id      string
	context string
	expires time.Time
	// ids are those of the callee's side, which are the caller's own unless separate: a call over the telephone network
	// arrives as another one.
	ids      callIDs
	separate bool
	// conversation is the one that the callee is called into; from is the caller as shown to the callee; dialled is the
	// ID that was called first, and to the one that rings now, after redirects.
	conversation *conversation
	from         acs.Identifier
	displayName  string
	// custom is sent to the callee with the call.
	custom      *acs.CustomCallingContext
	dialled, to acs.Identifier
	// attempt counts the rung parties: actions of an earlier one after a redirect are ignored.
	attempt int
	// invitation is its key among the invitations, "" when it is none; operationContext is that of its request.
	invitation       string
	operationContext string
	settled          bool
	answered         func(*world, *party)
	failed           func(*world, result)
}

// result is how a call or an operation ended.
type result struct {
	code, subCode int
	message       string
}

func newConversation() *conversation { return &conversation{ids: newIDs()} }

// newLeg adds an app's side to a conversation. The app is in no roster before it is connected.
func (w *world) newLeg(c *conversation, ids callIDs, callback, operationContext string, identity string) *leg {
	l := &leg{
		id: uuid.NewString(), ids: ids, conversation: c, callback: callback, operationContext: operationContext,
		state: acs.CallConnectionStateConnecting,
	}
	if identity == "" {
		identity = "8:acs:" + w.options.ResourceID + "_" + uuid.NewString()
	}
	l.self = &party{id: identity, app: l}
	c.legs = append(c.legs, l)
	w.legs[l.id] = l
	w.byServerID[ids.server] = c
	if !slices.Contains(c.serverIDs, ids.server) {
		c.serverIDs = append(c.serverIDs, ids.server)
	}
	return l
}

// connect makes a leg's app part of its conversation, and tells whether it is: one that hung up is not.
func (w *world) connect(l *leg) bool {
	switch l.state {
	case acs.CallConnectionStateConnected:
		return true
	case acs.CallConnectionStateConnecting, acs.CallConnectionStateUnknown:
		l.state = acs.CallConnectionStateConnected
		l.conversation.add(l.self)
		w.emit(l, "CallConnected", withContext, success())
		return true
	}
	return false
}

// join makes somebody part of a conversation and tells everybody.
func (w *world) join(c *conversation, p *party) {
	c.add(p)
	w.tellRoster(c)
	if p.phone != nil && p.phone.HangUp != nil {
		w.later(time.Duration(p.phone.HangUp.After), func(w *world) { w.phoneHangsUp(p) })
	}
}

// add puts a party into the conversation. A number that is in it already gets an asserted ID.
func (c *conversation) add(p *party) {
	if c.find(p.id) != nil && isTelephone(p.id) {
		p.id += "_" + uuid.NewString()
	}
	p.in = c
	c.parties = append(c.parties, p)
}

// remove takes a party out of the conversation.
func (c *conversation) remove(p *party) {
	p.in = nil
	c.parties = slices.DeleteFunc(c.parties, func(other *party) bool { return other == p })
}

// partyHangsUp takes somebody out of the conversation that they are in.
func (w *world) partyHangsUp(p *party) {
	c := p.in
	if c == nil {
		return
	}
	over := endedByCallee
	if !isTelephone(p.id) {
		over = leftAlone
	}
	w.leave(c, p, over)
}

// leave removes a party, and ends the conversation when only one is left.
func (w *world) leave(c *conversation, p *party, over result) {
	c.remove(p)
	if p.app != nil {
		w.disconnect(p.app, over)
	}
	switch {
	case len(c.parties) > 1:
		w.tellRoster(c)
	case over == removedByOther:
		w.end(c, leftAlone)
	default:
		w.end(c, over)
	}
}

// isTelephone tells whether a raw ID is that of a telephone.
func isTelephone(rawID string) bool { return strings.HasPrefix(rawID, "4:") }

// endEach ends a conversation for everybody, and tells each app how.
func (w *world) endEach(c *conversation, how func(*leg) result) {
	for _, p := range slices.Clone(c.parties) {
		c.remove(p)
	}
	for _, l := range slices.Clone(c.legs) {
		if l.state == acs.CallConnectionStateConnecting || l.state == acs.CallConnectionStateUnknown {
			w.fail(l, how(l))
			continue
		}
		w.disconnect(l, how(l))
	}
	w.forget(c)
}

// forget removes a conversation from the lookup tables.
func (w *world) forget(c *conversation) {
	for _, id := range c.serverIDs {
		delete(w.byServerID, id)
	}
	delete(w.byLocator, c.locator)
}

// disconnect ends one leg.
func (w *world) disconnect(l *leg, over result) {
	if l.state == acs.CallConnectionStateDisconnected {
		return
	}
	w.settleAll(l)
	w.dropMedia(l)
	w.endRecordings(l)
	c := l.conversation
	c.legs = slices.DeleteFunc(c.legs, func(other *leg) bool { return other == l })
	delete(w.legs, l.id)
	if l.limited {
		w.free(l.callerNumber)
	}
	neverConnected := l.state == acs.CallConnectionStateConnecting || l.state == acs.CallConnectionStateUnknown
	w.emit(l, "CallDisconnected", withContext, over)
	if neverConnected && over == declined {
		w.tellFailed(l, over)
	}
	l.state = acs.CallConnectionStateDisconnected
	switch {
	case len(c.legs) > 0:
	case len(c.parties) == 0:
		w.forget(c)
	default:
		w.later(unattended, func(w *world) {
			if len(c.legs) == 0 {
				w.end(c, over)
			}
		})
	}
}

// settleAll gives up whom a leg rings.
func (w *world) settleAll(l *leg) {
	for _, r := range l.rings {
		w.settle(r)
	}
	l.rings = nil
}

// free makes room for another call of a caller number.
func (w *world) free(number string) {
	w.busy[number]--
	if w.busy[number] <= 0 {
		delete(w.busy, number)
	}
}

// byID finds a live leg.
func (w *world) byID(id string) (*leg, *apiError) {
	l, ok := w.legs[id]
	if !ok {
		return nil, &apiError{404, "8522", "Call not found."}
	}
	return l, nil
}

// connected finds a leg that is connected.
func (w *world) connected(id string) (*leg, *apiError) {
	l, failure := w.byID(id)
	if failure != nil {
		return nil, failure
	}
	switch l.state {
	case acs.CallConnectionStateConnected:
		return l, nil
	case acs.CallConnectionStateDisconnecting:
		return nil, terminated()
	}
	return nil, &apiError{400, "8501", "Call is not established."}
}

// terminated refuses what comes too late.
func terminated() *apiError { return &apiError{400, "8528", "Call is terminated."} }

// find finds somebody by raw ID, or an app by what was dialled to reach it.
func (c *conversation) find(id string) *party {
	for _, p := range c.parties {
		if p.id == id {
			return p
		}
	}
	for _, p := range c.parties {
		if p.dialled == id && id != "" {
			return p
		}
	}
	return nil
}

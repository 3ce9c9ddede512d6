// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The state of the page. Everything on the page is drawn from it.

export const state = {
  token: '', signIn: false, signedIn: false, namespace: '', user: '',
  // line is connecting, live, lost or signedOut; lineMessage says more.
  line: 'connecting', lineMessage: '',
  calls: new Map(), moves: new Map(), actions: new Map(), flows: new Map(), dialOuts: new Map(), routes: new Map(), providers: new Map(),
  // heard says that the server has sent the complete state since the page connected.
  heard: false, trouble: [], rights: {},
  // clock is by how much the server's clock is ahead of the browser's.
  clock: 0,
  // notes are the results of actions, by the place of the action; busy are the places of actions in progress.
  notes: new Map(), busy: new Set(),
  // ask is the open question: a confirmation, a move or an operation.
  ask: null,
  showEnded: 10, dragged: null,
};

const kinds = {Call: 'calls', ParticipantMove: 'moves', CallAction: 'actions', CallFlow: 'flows', DialOut: 'dialOuts', CallRoute: 'routes', CallProvider: 'providers'};

// apply applies a message and returns the news to announce to screen readers.
export function apply(message) {
  state.line = 'live';
  state.clock = Date.parse(message.now) - Date.now();
  if (message.anew) {
    for (const kind of Object.values(kinds)) state[kind] = new Map();
    Object.assign(state, {heard: true, user: message.user, namespace: message.namespace ?? ''});
  }
  const news = message.anew ? [] : [...newsOf(message.calls ?? []), ...endsOf(message.actions ?? []), ...endsOfDialOuts(message.dialOuts ?? [])];
  for (const kind of Object.values(kinds)) {
    for (const object of message[kind] ?? []) state[kind].set(object.key, object);
  }
  for (const key of message.gone ?? []) state[kinds[key.split('/')[0]]].delete(key);
  measure(message.dialOuts ?? []);
  state.trouble = message.trouble;
  // Unchanged rights stay the same object, so that nothing is redrawn because of them.
  if (JSON.stringify(state.rights) !== JSON.stringify(message.rights)) state.rights = message.rights;
  pair();
  expire();
  endDrag();
  return news;
}

// nothingOf returns the words for an empty list, unless the objects of the kind cannot be shown.
export const nothingOf = (kind, words) => (state.trouble.some((t) => t.kind === kind) ? 'These cannot be shown.' : words);

// newsOf reports calls that start to ring, and calls that the user acted on in this page.
function newsOf(calls) {
  return calls.flatMap((call) => {
    const before = state.calls.get(call.key);
    if (!before && call.inbound && !call.outcome) return [`Incoming call from ${call.from || 'a withheld number'} to ${call.to}.`];
    if (before && ours.has(call.key) && before.phase !== call.phase) return [`${shortName(call.name)}: ${call.outcome || call.phase}.`];
    return [];
  });
}

// endsOf reports how actions that the user requested in this page have ended.
const endsOf = (actions) => actions.filter((action) => action.outcome && ours.has(action.key) && !state.actions.get(action.key)?.outcome)
  .map((action) => (action.answer ? `${shortName(action.call)}: the answer is ${action.answer}.` : `${shortName(action.call)}: ${action.message}`));

// endsOfDialOuts reports how dial-outs end.
const endsOfDialOuts = (dialOuts) => dialOuts.filter((dialOut) => dialOut.outcome && state.dialOuts.has(dialOut.key) && !state.dialOuts.get(dialOut.key).outcome)
  .map((dialOut) => `Dial-out ${dialOut.name} is over: ${dialOut.message}`);

// measured are how many targets of each dial-out were done when, over the last minute, by UID.
const measured = new Map(), minute = 60_000;

function measure(dialOuts) {
  for (const {uid, done} of dialOuts) {
    const before = measured.get(uid) ?? [];
    const late = before.filter((sample) => sample.at < now() - minute).at(-1);
    measured.set(uid, [...before.filter((sample) => sample === late || sample.at >= now() - minute), {at: now(), done}]);
  }
}

// doneInLastMinute is how many targets of a dial-out became done in the last minute, as far as the page has seen.
export function doneInLastMinute({uid, done}) {
  const samples = measured.get(uid) ?? [];
  const from = samples.filter((sample) => sample.at < now() - minute).at(-1) ?? samples[0];
  return done - (from?.done ?? done);
}

// ours are the keys of calls and actions that the user acted on in this page.
export const ours = new Set();

// named are the IDs of people whom calls and moves name, in lower case.
let named = new Set();

// namedParties are all parties that a call or a move names: callees, callers, redirect targets and moved participants.
function namedParties() {
  const calls = [...state.calls.values()].flatMap((call) => [call.to, call.inbound ? call.from : '', call.passedTo ?? '']);
  const moved = [...state.moves.values()].flatMap((move) => move.participants.filter((p) => !move.outcome || p.state === 'Moved').map((p) => p.text));
  return new Set([...calls, ...moved].map((text) => text.toLowerCase()));
}

// isOurs tells whether a participant is the application itself. The service creates an ID for it in each call, which no
// call or move names. Every other participant is named by a call or a move.
export const isOurs = (participant) => participant.side === 'ours' || (participant.side === 'perhaps' && !named.has(participant.id.toLowerCase()));

// ends are all Calls that are ends of one call, by the Call that placed it or else by correlation ID; movable are those that somebody can be moved into, by
// provider.
let ends = new Map(), movable = new Map();

// acted are the actions by the call that they name.
let acted = new Map();

const nameOf = (namespace, call) => `${namespace}/${call}`;

// actionsOf are the actions in a call, without those in an earlier call of the same name.
export const actionsOf = (call) => (acted.get(nameOf(call.namespace, call.name)) ?? []).filter((action) => !action.callUID || action.callUID === call.uid);

// serviceOf is acs or asterisk, undefined while the provider of a call is not known.
export const serviceOf = (call) => state.providers.get(`CallProvider/${call.namespace}/${call.provider}`)?.service;

const providerOf = (call) => `${call.namespace}/${call.provider}`;

function pair() {
  const calls = [...state.calls.values()];
  ends = Map.groupBy(calls, endOf);
  acted = Map.groupBy(state.actions.values(), (action) => nameOf(action.namespace, action.call));
  named = namedParties();
  movable = Map.groupBy(calls.filter((call) => !call.cannot.operate).sort(byAge), providerOf);
}

// endOf is the key that the ends of one call have in common: the two legs of a telephone call share no ID.
const endOf = (call) => call.placed ?? (call.inbound && call.correlationID || call.key);

// otherEnds are the other ends of a call, if they are Calls too.
export const otherEnds = (call) => (ends.get(endOf(call)) ?? []).filter((other) => other.key !== call.key);

// ringsElsewhere tells whether an incoming call only rings at a user that the call was redirected to.
export const ringsElsewhere = (call) => call.inbound && call.to.startsWith('8:') && otherEnds(call).some((other) => other.outcome === 'Redirected');

const byAge = (a, b) => a.created.localeCompare(b.created) || a.key.localeCompare(b.key);

// sorted returns the calls by section.
export function sorted() {
  const ringing = [], live = [], ended = [];
  for (const call of state.calls.values()) {
    if (call.outcome) ended.push(call);
    else if (call.inbound && call.phase !== 'Connected' && call.phase !== 'Ending' && !ringsElsewhere(call)) ringing.push(call);
    else live.push(call);
  }
  ended.sort((a, b) => b.ended.localeCompare(a.ended) || byAge(b, a));
  return {ringing: ringing.sort(byAge), live: live.sort(byAge), ended};
}

export const now = () => Date.now() + state.clock;

// stageOf is the stage of a call, a move or an action, as far as notes depend on it; empty if it does not exist.
export function stageOf(key) {
  const object = state.calls.get(key) ?? state.moves.get(key) ?? state.actions.get(key) ?? state.dialOuts.get(key);
  if (!object) return '';
  if (object.outcome) return 'over';
  return object.phase === 'Connected' || object.phase === 'Ending' ? 'connected' : 'before';
}

// outdated tells whether the objects of a note have changed their stage since. For an object that did not exist yet, the
// first stage counts.
function outdated({stages}) {
  return [...stages].some(([key, before]) => {
    const now = stageOf(key);
    if (before === '') stages.set(key, now);
    return before !== '' && now !== before;
  });
}

// endDrag ends the drag of a participant who is no longer in the call: the browser may send no event for that.
function endDrag() {
  const {call, p} = state.dragged ?? {};
  if (call && !state.calls.get(call.key)?.participants?.some((other) => other.id === p.id)) state.dragged = null;
}

// expire removes outdated notes.
function expire() {
  const left = [...state.notes].filter(([, note]) => !outdated(note));
  if (left.length < state.notes.size) state.notes = new Map(left);
}

// may says why the user lacks a permission in a namespace.
export function may(namespace, what) {
  if (state.line !== 'live') return 'The connection to the dashboard is lost.';
  return state.rights[namespace]?.[what] ?? 'Your permissions are being checked.';
}

const canMoveTo = (call) => (to) => to.key !== call.key && !otherEnds(call).includes(to);

// targets are the calls that a participant of a call can be moved into.
export const targets = (call) => (movable.get(providerOf(call)) ?? []).filter(canMoveTo(call));

const hasTarget = (call) => (movable.get(providerOf(call)) ?? []).some(canMoveTo(call));

// inFlight is the pending move of a participant.
export const inFlight = (call, participant) => [...state.moves.values()].find((move) =>
  !move.outcome && move.namespace === call.namespace && move.from === call.name && move.participants.some((p) => p.text === participant.text));

// cannotMove says why a participant cannot be moved.
export function cannotMove(call, participant) {
  if (participant.cannot) return participant.cannot;
  if (isOurs(participant)) return 'This is probably the application itself, which cannot be moved.';
  if (may(call.namespace, 'move')) return may(call.namespace, 'move');
  const move = inFlight(call, participant);
  if (move) return `The participant is being moved to ${shortName(move.to)}.`;
  return hasTarget(call) ? '' : 'There is no other connected call to move to.';
}

// shortName shortens the ID in the name of an incoming call.
export const shortName = (name) => name.replace(/(incoming-[0-9a-f]{8})-[-0-9a-f]{27}/g, '$1');

// shortParty shortens the ID of a user.
export const shortParty = (text) => (text.length > 24 ? `${text.slice(0, 6)}…${text.slice(-8)}` : text);

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// What the page knows. Everything that is shown follows from it.

export const state = {
  token: '', signIn: false, signedIn: false, namespace: '', user: '',
  // line is connecting, live, lost or signedOut; lineMessage says more.
  line: 'connecting', lineMessage: '',
  calls: new Map(), moves: new Map(), routes: new Map(), providers: new Map(),
  // heard says that the server has told what there is, since the page connected.
  heard: false, trouble: [], rights: {},
  // clock is by how much the server's clock is ahead of the browser's.
  clock: 0,
  // notes are what became of a deed, by the place where the person did it; busy are deeds under way.
  notes: new Map(), busy: new Set(),
  // ask is the question that is open: a confirmation or whom to move where.
  ask: null,
  showEnded: 10, dragged: null,
};

const kinds = {Call: 'calls', ParticipantMove: 'moves', CallRoute: 'routes', CallProvider: 'providers'};

// apply takes a message in and returns what is worth telling somebody who does not see the page.
export function apply(message) {
  state.line = 'live';
  state.clock = Date.parse(message.now) - Date.now();
  if (message.anew) {
    for (const kind of Object.values(kinds)) state[kind] = new Map();
    Object.assign(state, {heard: true, user: message.user, namespace: message.namespace ?? ''});
  }
  const news = message.anew ? [] : newsOf(message.calls ?? []);
  for (const kind of Object.values(kinds)) {
    for (const object of message[kind] ?? []) state[kind].set(object.key, object);
  }
  for (const key of message.gone ?? []) state[kinds[key.split('/')[0]]].delete(key);
  state.trouble = message.trouble;
  // The same rights stay the same object, so that what depends on them need not be drawn again.
  if (JSON.stringify(state.rights) !== JSON.stringify(message.rights)) state.rights = message.rights;
  pair();
  expire();
  letGo();
  return news;
}

// nothingOf says that there is nothing of a kind, unless that is not known.
export const nothingOf = (kind, words) => (state.trouble.some((t) => t.kind === kind) ? 'These cannot be seen.' : words);

// newsOf are calls that begin to ring, calls that this page acted on, and nothing else.
function newsOf(calls) {
  return calls.flatMap((call) => {
    const before = state.calls.get(call.key);
    if (!before && call.inbound && !call.outcome) return [`Incoming call from ${call.from || 'a withheld number'} to ${call.to}.`];
    if (before && ours.has(call.key) && before.phase !== call.phase) return [`${shortName(call.name)}: ${call.outcome || call.phase}.`];
    return [];
  });
}

// ours are the keys of calls that somebody acted on in this page.
export const ours = new Set();

// named are the IDs of people whom calls and moves name, in lower case.
let named = new Set();

// namedParties are all whom a call or a move names, as the other end sees them: whom calls are for, who calls in, to whom
// calls are passed on, and who is moved.
function namedParties() {
  const calls = [...state.calls.values()].flatMap((call) => [call.to, call.inbound ? call.from : '', call.passedTo ?? '']);
  const moved = [...state.moves.values()].flatMap((move) => move.participants.filter((p) => !move.outcome || p.state === 'Moved').map((p) => p.text));
  return new Set([...calls, ...moved].map((text) => text.toLowerCase()));
}

// isOurs tells whether a participant is the application itself. The service makes an ID for it in each call, which nothing
// names; whoever else is in a call is named by a call or a move.
export const isOurs = (participant) => participant.side === 'ours' || (participant.side === 'perhaps' && !named.has(participant.id.toLowerCase()));

// ends are all Calls that are ends of one call, by the Call that placed it or else by correlation ID; movable are those that somebody can be moved into, by
// provider.
let ends = new Map(), movable = new Map();

const providerOf = (call) => `${call.namespace}/${call.provider}`;

function pair() {
  const calls = [...state.calls.values()];
  ends = Map.groupBy(calls, endOf);
  named = namedParties();
  movable = Map.groupBy(calls.filter((call) => !call.cannot.move).sort(byAge), providerOf);
}

// endOf is what the ends of one call have in common: the two of a telephone call have no ID that is the same.
const endOf = (call) => call.placed ?? (call.inbound && call.correlationID || call.key);

// otherEnds are the other ends of a call that are Calls here too.
export const otherEnds = (call) => (ends.get(endOf(call)) ?? []).filter((other) => other.key !== call.key);

// ringsElsewhere tells whether an incoming call is only the ring of somebody whom the call was passed on to.
export const ringsElsewhere = (call) => call.inbound && call.to.startsWith('8:') && otherEnds(call).some((other) => other.outcome === 'Redirected');

const byAge = (a, b) => a.created.localeCompare(b.created) || a.key.localeCompare(b.key);

// sorted are the calls by where they are shown.
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

// stageOf says how far a call or a move has come, as far as notes about it go; empty is that it is not there.
export function stageOf(key) {
  const object = state.calls.get(key) ?? state.moves.get(key);
  if (!object) return '';
  if (object.outcome) return 'over';
  return object.phase === 'Connected' || object.phase === 'Ending' ? 'connected' : 'before';
}

// outdated tells whether what a note is about has gone on since. What was not there yet when it was written is taken as it
// is when it comes.
function outdated({stages}) {
  return [...stages].some(([key, before]) => {
    const now = stageOf(key);
    if (before === '') stages.set(key, now);
    return before !== '' && now !== before;
  });
}

// letGo drops who is dragged, when they are no longer in the call: the browser may never say that the drag is over.
function letGo() {
  const {call, p} = state.dragged ?? {};
  if (call && !state.calls.get(call.key)?.participants?.some((other) => other.id === p.id)) state.dragged = null;
}

// expire takes away notes that are outdated.
function expire() {
  const left = [...state.notes].filter(([, note]) => !outdated(note));
  if (left.length < state.notes.size) state.notes = new Map(left);
}

// may says why the person has no right to something in a namespace.
export function may(namespace, what) {
  if (state.line !== 'live') return 'The connection to the dashboard is lost.';
  return state.rights[namespace]?.[what] ?? 'The API server is being asked what you may do here.';
}

const canMoveTo = (call) => (to) => to.key !== call.key && !otherEnds(call).includes(to);

// targets are the calls that a participant of a call can be moved into.
export const targets = (call) => (movable.get(providerOf(call)) ?? []).filter(canMoveTo(call));

const hasTarget = (call) => (movable.get(providerOf(call)) ?? []).some(canMoveTo(call));

// inFlight is the move of a participant that is not over.
export const inFlight = (call, participant) => [...state.moves.values()].find((move) =>
  !move.outcome && move.namespace === call.namespace && move.from === call.name && move.participants.some((p) => p.text === participant.text));

// cannotMove says why a participant cannot be moved.
export function cannotMove(call, participant) {
  if (participant.cannot) return participant.cannot;
  if (isOurs(participant)) return 'This is probably the application itself, which the service does not move out of its own call.';
  if (may(call.namespace, 'move')) return may(call.namespace, 'move');
  const move = inFlight(call, participant);
  if (move) return `The participant is being moved to ${shortName(move.to)}.`;
  return hasTarget(call) ? '' : 'There is no other connected call to move to.';
}

// shortName is a name that a person can read: of the ID in the name of an incoming call only the beginning.
export const shortName = (name) => name.replace(/(incoming-[0-9a-f]{8})-[-0-9a-f]{27}/g, '$1');

// shortParty is a party that a person can read: of the ID of a user only the end.
export const shortParty = (text) => (text.length > 24 ? `${text.slice(0, 6)}…${text.slice(-8)}` : text);

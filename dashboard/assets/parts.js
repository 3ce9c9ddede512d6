// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The building blocks of the page: buttons that say why they are disabled, notes, times, and actions.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {live} from './vendor/lit-html/directives/live.js';
import {repeat} from './vendor/lit-html/directives/repeat.js';
import {state, ours, now, shortName, stageOf} from './state.js';
import {post} from './stream.js';

let schedule = () => {};

// onChange sets the function that is called when the state changes.
export const onChange = (redraw) => { schedule = redraw; };
export const changed = () => schedule();

const news = [];
let speaking;

// say announces news to screen readers. News is collected, so that many at once become a few sentences.
export function say(text) {
  news.push(text);
  speaking ??= setTimeout(() => {
    const more = news.length - 3;
    document.getElementById('news').textContent = news.slice(0, 3).join(' ') + (more > 0 ? ` And ${more} more.` : '');
    news.length = 0;
    speaking = undefined;
  }, 700);
}

// note shows the result of an action at the place of the action. refused is the button that was disabled, if the note is
// about that; keys are the calls and moves that the note is about.
export function note(place, words, bad = false, {refused = '', keys = []} = {}) {
  const text = shortName(words);
  state.notes = new Map(state.notes).set(place, {text, bad, refused, stages: new Map([place, ...keys].map((key) => [key, stageOf(key)]))});
  say(text);
  changed();
}

// portion is how many calls one request names: as many as fit into it, whatever their names.
const portion = 400;

// hangUp ends calls in portions, and shows the result for all of them.
export async function hangUp(place, calls) {
  const told = [];
  for (let i = 0; i < calls.length; i += portion) {
    const some = calls.slice(i, i + portion);
    const done = await act(place, '/api/hang-up', some.map(({namespace, name, uid}) => ({namespace, name, uid})), some.map((call) => call.key));
    if (!done) return;
    told.push(done);
  }
  if (told.length < 2) return;
  const failed = told.flatMap((done) => done.failed ?? []);
  note(place, [`${calls.length - failed.length} of ${calls.length} calls are being hung up.`, ...failed].join(' '), failed.length > 0);
}

// forget removes a note.
export function forget(place) {
  state.notes = new Map(state.notes);
  state.notes.delete(place);
  changed();
}

export const noteAt = (place) => {
  const found = state.notes.get(place);
  return found ? html`<p class="note ${found.bad ? 'bad' : ''}">${found.text}</p>` : nothing;
};

// act sends an action to the server, one at a time for each place, and shows the result at that place. It returns the
// answer, or nothing when the action was refused. keys are the calls that it is about, created those that only the answer
// names.
export async function act(place, path, body, keys = [], created = () => []) {
  if (state.busy.has(place)) return undefined;
  state.busy = new Set(state.busy).add(place);
  changed();
  try {
    const done = await post(state.token, path, body);
    for (const key of keys) ours.add(key);
    const failed = done.failed ?? [];
    note(place, [done.message, ...failed].join(' '), failed.length > 0, {keys: [...keys, ...created(done)]});
    return done;
  } catch (problem) {
    note(place, problem.message, true, {keys});
    return undefined;
  } finally {
    state.busy = new Set(state.busy);
    state.busy.delete(place);
    changed();
  }
}

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

// newName is a name for an object that does not exist yet.
export const newName = (beginning) => `${beginning}-${Array.from(crypto.getRandomValues(new Uint8Array(5)), (n) => letters[n % letters.length]).join('')}`;

// form identifies the submit button of a form. There is one form for each place.
const form = 'form';

// obstacleTo says why a button is disabled. The note about it is removed once the reason has changed.
function obstacleTo(place, why, by) {
  const obstacle = state.busy.has(place) ? 'Please wait: this action is in progress.' : why;
  const noted = state.notes.get(place);
  if (noted?.refused === by && noted.text !== shortName(obstacle)) queueMicrotask(() => { if (state.notes.get(place) === noted) forget(place); });
  return obstacle;
}

// button runs its action, or says why the action is impossible. A disabled button can still be reached with the keyboard,
// so that a screen reader can read the reason.
export function button({label, place, why = '', press, kind = '', describe}) {
  const obstacle = obstacleTo(place, why, describe ?? label);
  return html`<button type="button" class=${kind} data-focus="${place} ${label}" aria-label=${describe ?? nothing}
    aria-disabled=${obstacle ? 'true' : 'false'} title=${obstacle || nothing}
    @click=${() => (obstacle ? note(place, obstacle, true, {refused: describe ?? label}) : press())}>${label}</button>`;
}

// submit is the submit button of a form. Enter in a field does the same.
export function submit({label, place, why = '', kind = 'main'}) {
  const obstacle = obstacleTo(place, why, form);
  return html`<button type="submit" class=${kind} data-focus="${place} ${label}" aria-disabled=${obstacle ? 'true' : 'false'}
    title=${obstacle || nothing}>${label}</button>`;
}

// submitted handles a form, unless the action is impossible.
export const submitted = (place, why, press) => (event) => {
  event.preventDefault();
  if (state.busy.has(place)) return;
  if (why) note(place, why, true, {refused: form}); else press(new FormData(event.target), event.target);
};

// select lets the user choose one of several choices, each with a key and a text. The choice is kept by its key, because
// the list changes by itself. If the choice is gone, select says so instead of choosing another one.
export function select({label, name, choices, chosen, gone, choose}) {
  const missing = chosen && !choices.some((choice) => choice.key === chosen) ? [{key: chosen, text: gone}] : [];
  return html`<label>${label} <select data-focus=${name} @change=${(event) => { choose(event.target.value); changed(); }}>
    ${repeat([...missing, ...choices], (choice) => choice.key, (choice) => html`<option value=${choice.key} .selected=${live(choice.key === chosen)}>${choice.text}</option>`)}</select></label>`;
}

// confirm asks before something is done.
export const confirm = (question) => { state.ask = {kind: 'confirm', ...question}; changed(); };

export const span = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
};

// main.js updates the text of each clock every second, without redrawing anything else.
export const clock = (from, kind = 'since') => html`<span class="clock" data-from=${Date.parse(from)} data-kind=${kind}>${clockText(Date.parse(from), kind)}</span>`;

export const clockText = (from, kind) => span(kind === 'since' ? now() - from : from - now());

// time is a time of day, with the date when that is another one than today's.
export const time = (text) => html`<time datetime=${text}>${timeText(new Date(text), new Date(now()))}</time>`;

const timeText = (at, today) => (at.toDateString() === today.toDateString() ? at.toLocaleTimeString() : at.toLocaleString());

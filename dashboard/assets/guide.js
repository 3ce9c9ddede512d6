// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The guide walks through the multiple dial-out: a user calls in, two people are called, and each one who answers is
// moved into the first call. The labelled calls themselves determine the next step, so a reloaded page continues at the
// same step.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {state, may, cannotMove, isOurs, nothingOf, otherEnds, shortName, shortParty} from './state.js';
import {act, button, changed, confirm, hangUp, newName, noteAt, select, submit, submitted} from './parts.js';
import {providerName, providers} from './controls.js';
import {moveTo} from './calls.js';

const label = 'call-operator.dev/guide';

// A closed guide stays closed as long as the tab is open.
let closed = sessionStorage.getItem('guide') === 'closed';

function remember(event) {
  closed = !event.target.open;
  sessionStorage.setItem('guide', closed ? 'closed' : 'open');
}

// names are the names of the last placed calls, by step.
const names = {};

const settings = {provider: '', user: '', inbound: '', outbound: '', 'person-2': '', 'person-3': ''};

// found returns everything that the steps need.
function found() {
  settings.provider ||= (providers().find((p) => p.numbers.length >= 3) ?? providers()[0])?.key ?? '';
  const provider = state.providers.get(settings.provider);
  const numbers = provider?.numbers.map((n) => n.number) ?? [];
  const mine = [...state.calls.values()].filter((call) => call.labels?.[label] && call.namespace === provider?.namespace);
  const newest = (step) => mine.filter((call) => call.labels[label] === step).sort((a, b) => b.created.localeCompare(a.created))[0];
  const user = newest('user-call');
  // When the guide has ended, it starts again without the earlier calls.
  const [call2, call3] = ['call-2', 'call-3'].map((step) => (going(user) ? newest(step) : undefined)).map((call) => (call?.created >= user?.created ? call : undefined));
  const answered = user && otherEnds(user).find((other) => other.inbound);
  const moved = (call) => call && [...state.moves.values()].filter((m) => m.namespace === call.namespace && m.from === call.name).sort((a, b) => b.created.localeCompare(a.created))[0];
  return {
    provider, numbers, mine, user, call2, call3, answered, move2: moved(call2), move3: moved(call3),
    number: {user: settings.user || numbers[0] || '', inbound: settings.inbound || numbers[1] || '', outbound: settings.outbound || numbers[2] || ''},
  };
}

// startAnew forgets the choices from another namespace.
export const startAnew = () => Object.assign(settings, {provider: '', user: '', inbound: '', outbound: ''});

// whyNotReady says what is missing for the first step.
function whyNotReady({provider, numbers, number}) {
  if (!provider) return settings.provider ? 'The CallProvider is no longer there: choose another one.' : nothingOf('CallProvider', 'Create a CallProvider first.');
  if (numbers.length < 3) return `The guide needs three numbers, but CallProvider ${provider.name} has ${numbers.length}. Add numbers to its spec.numbers.`;
  if (!provider.ready) return `CallProvider ${provider.name} is not ready: ${provider.message}`;
  if (!provider.incoming) return `CallProvider ${provider.name} receives no incoming calls.`;
  const foreign = [number.user, number.inbound].find((n) => !numbers.includes(n));
  return foreign ? `${foreign} is not a number of CallProvider ${provider.name}, so no call can be placed from it.` : '';
}

const going = (call) => call && !call.outcome;
const connected = (call) => going(call) && call.phase === 'Connected';

// where shows the state of a call of the guide.
function where(call) {
  if (!call) return nothing;
  return html`<p class="hint"><a href="#${call.key}">${shortName(call.name)}</a>: ${call.outcome ? `${call.outcome}. ${call.message ?? ''}` : call.phase || 'New'}</p>`;
}

const whyNot = (why) => (why ? html`<p class="hint">${why}</p>` : nothing);

export function guide() {
  const it = found();
  const first = connected(it.answered) ? it.answered : it.user;
  const steps = [
    setupStep(it),
    callStep(it, {
      step: 'user-call', call: it.user, after: '', from: it.number.user, to: it.number.inbound, button: 'User call to the application',
      title: 'The user calls the application', text: html`${it.number.user} calls ${it.number.inbound}. The application answers: that is call 1.`,
      done: connected(it.user) && connected(it.answered), ring: it.answered, answer: true,
    }),
    callStep(it, personStep('2', it, it.call2, it.move2)),
    callStep(it, personStep('3', it, it.call3, it.move3)),
    moveStep('2', it, it.call2, it.move2, first),
    moveStep('3', it, it.call3, it.move3, first),
    endStep(it),
  ];
  const next = steps.findIndex((step) => !step.done);
  return html`<section aria-labelledby="guide-title" id="guide"><details ?open=${!closed} @toggle=${remember}><summary data-focus="guide"><h3 id="guide-title">Guide: multiple dial-out</h3></summary>
    <p>A user calls in. Two people are called. Each one who answers is moved into the first call.</p>
    <ol class="steps">${steps.map((step, i) => html`<li class=${step.done ? 'done' : i === next ? 'next' : ''} aria-current=${i === next ? 'step' : nothing}>
      <h4>${step.title} <span class="badge ${step.done ? 'good' : ''}">${step.done ? 'done' : i === next ? 'next' : 'later'}</span></h4>${step.body}${step.done && !state.notes.get(step.place)?.bad ? nothing : noteAt(step.place)}</li>`)}</ol>
  </details></section>`;
}

function setupStep(it) {
  const {provider, numbers, number} = it;
  const why = whyNotReady(it);
  const field = (key, text) => html`<label>${text} <input list="owned" autocomplete="off" .value=${settings[key] || number[key]} data-focus="guide ${key}"
    @change=${(event) => { settings[key] = event.target.value.trim(); changed(); }}></label>`;
  return {
    title: 'Choose the numbers', place: 'guide setup', done: !why,
    body: html`
      ${providers().length > 1 || (settings.provider && !provider) ? html`<div class="fields">${select({
        label: 'Provider', name: 'guide provider', chosen: settings.provider, gone: 'no longer there',
        choose: (key) => { startAnew(); settings.provider = key; }, choices: providers().map((p) => ({key: p.key, text: providerName(p)})),
      })}</div>` : provider ? html`<p class="hint">provider ${providerName(provider)}</p>` : nothing}
      ${why ? html`<p class="message">${why}</p>` : nothing}
      ${provider && !provider.incoming ? html`<p class="message">Set its spec.incomingCalls, and subscribe Event Grid with
        the URL that <code>kubectl call event-grid-url ${provider.name} -n ${provider.namespace}</code> prints.</p>` : nothing}
      <datalist id="owned">${numbers.map((n) => html`<option value=${n}></option>`)}</datalist>
      <div class="fields row">${field('user', 'User’s number')}${field('inbound', 'Inbound number')}${field('outbound', 'Outbound number')}</div>`,
  };
}

function personStep(n, it, call, move) {
  return {
    step: `call-${n}`, call, after: going(it.user) ? '' : 'The user calls first.', from: it.number.inbound, to: it.number.outbound, button: `Create call ${n}`, title: `Call person ${n}`,
    text: html`A call to ${it.number.outbound} is placed. It arrives as an incoming call, which is redirected to the person.`,
    done: connected(call) || move?.outcome === 'Moved', ring: call && otherEnds(call).find((other) => other.inbound), person: `person-${n}`,
  };
}

// callStep places a call. If it arrives and no route takes it, the user handles it by hand.
function callStep(it, s) {
  const place = `guide ${s.step}`;
  const why = going(s.call) ? 'The call is active.' : whyNotReady(it) ? 'Finish step 1 first.' : s.after ? s.after : may(it.provider.namespace, 'dial');
  const dial = () => {
    // The name stays until the call exists: a retry after a lost answer names the same Call.
    const name = state.calls.has(`Call/${it.provider.namespace}/${names[s.step]}`) || !names[s.step] ? newName(`guide-${s.step}`) : names[s.step];
    names[s.step] = name;
    const labels = {[label]: s.step, ...(s.person ? {'pass-on-to': s.person} : {})};
    return act(place, '/api/dial', {namespace: it.provider.namespace, provider: it.provider.name, name, from: s.from, to: s.to, labels}, [`Call/${it.provider.namespace}/${name}`]);
  };
  return {
    title: s.title, place, done: s.done,
    body: s.done ? where(s.call) : html`<p>${s.text}</p><div class="actions">${button({label: s.button, place, why, kind: 'main', press: dial})}</div>${whyNot(going(s.call) ? '' : why)}
      ${where(s.call)}${ringing(s)}`,
  };
}

// ringing shows the controls for an incoming call that no route takes.
function ringing(s) {
  const ring = s.ring;
  if (!ring || ring.outcome || ring.cannot.take || ring.phase !== 'Ringing') return nothing;
  const place = `guide ${s.step}`;
  const why = may(ring.namespace, 'change');
  const body = (action, to) => ({call: {namespace: ring.namespace, name: ring.name, uid: ring.uid}, action, to});
  if (s.answer) {
    return html`<p class="message">It rings, and no CallRoute takes it.</p>
      <div class="actions">${button({label: 'Answer it', place, why, kind: 'main', press: () => act(place, '/api/take', body('answer'), [ring.key])})}</div>`;
  }
  const redirect = (data) => { settings[s.person] = data.get('to'); return act(place, '/api/take', body('redirect', data.get('to')), [ring.key]); };
  return html`<p class="message">It rings, and no CallRoute takes it. Redirect it to the person.</p>
    <form class="take" @submit=${submitted(place, why, redirect)}><label>Person <input name="to" required list="people" autocomplete="off" placeholder="8:acs:RESOURCE_USER"
      .value=${settings[s.person]} data-focus="${place} to"></label>${submit({label: 'Redirect', place, why})}</form>`;
}

function moveStep(n, it, call, move, first) {
  const place = `guide move-${n}`;
  const p = call?.participants?.find((who) => who.text === call.to) ?? call?.participants?.find((who) => !who.cannot && !isOurs(who));
  const done = move?.outcome === 'Moved';
  const why = !going(call) ? `Create call ${n} first.` : !connected(call) ? `Person ${n} has not answered yet.`
    : !connected(first) ? 'Call 1 is not connected.' : !p ? 'Nobody in the call can be moved.' : cannotMove(call, p);
  return {
    title: `Move person ${n} into call 1`, place, done,
    body: done ? html`<p class="hint">${move.participants.map((who) => shortParty(who.text)).join(', ')} is in ${shortName(move.to)}.</p>` : html`<p>${p ? html`${shortParty(p.text)} moves from ${shortName(call.name)} to ${first ? shortName(first.name) : 'call 1'}.` : 'The person who answered moves into the user’s call.'}</p>
      <div class="actions">${button({label: `Move participant ${n}`, place, why, kind: 'main', press: () => moveTo(call, p, first.name, place)})}</div>${whyNot(why)}
      ${move ? html`<p class="hint">${move.outcome || move.phase || 'New'}${move.asWanted ? '' : `. ${move.message ?? ''}`}</p>` : nothing}`,
  };
}

function endStep({mine, user}) {
  const all = [...mine, ...mine.flatMap(otherEnds)].filter(going);
  const calls = [...new Map(all.map((call) => [call.key, call])).values()].filter((call) => !call.cannot.hangUp);
  const why = calls.length ? may(calls[0].namespace, 'change') : 'No call of the guide is active.';
  const end = () => hangUp('guide end', calls);
  return {
    title: 'Terminate the calls', place: 'guide end', done: Boolean(user) && !calls.length,
    body: html`<div class="actions">${button({
      label: 'Terminate calls', place: 'guide end', why, kind: 'danger',
      press: () => confirm({title: `Hang up ${calls.length === 1 ? 'the one call' : `the ${calls.length} calls`} of the guide?`, text: calls.map((call) => shortName(call.name)).join(', '), label: 'Hang up', press: end}),
    })}</div>`,
  };
}

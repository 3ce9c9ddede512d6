// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The half with the call details: ringing calls, active calls, moves, ended calls.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {repeat} from './vendor/lit-html/directives/repeat.js';
import {guard} from './vendor/lit-html/directives/guard.js';
import {state, sorted, may, cannotMove, isOurs, nothingOf, otherEnds, ringsElsewhere, serviceOf, shortName, shortParty, targets} from './state.js';
import {dialOutsSection} from './dialouts.js';
import {actionsKey, actionsList, operateButtons, participantButtons} from './operate.js';
import {progress} from './flows.js';
import {act, button, changed, clock, confirm, forget, note, noteAt, submit, submitted, span, time} from './parts.js';

const ref = ({namespace, name, uid}) => ({namespace, name, uid});

export function details() {
  const {ringing, live, ended} = sorted();
  droppable = new Set(state.dragged ? targets(state.dragged.call).map((to) => to.key) : []);
  const shown = ended.slice(0, state.showEnded);
  return html`
    ${section('ringing', 'Incoming, ringing', ringing, ringingCall, 'No incoming calls.')}
    ${section('live', 'Live calls', live, liveCall, 'No active calls. Place one, or follow the guide.')}
    ${dialOutsSection()}
    ${movesSection()}
    ${section('ended', 'Ended calls', shown, endedCall, 'No call has ended yet.', ended.length)}
    ${ended.length > shown.length ? html`<p>${button({
      label: `Show ${Math.min(50, ended.length - shown.length)} more of ${ended.length}`, place: 'ended',
      press: () => { state.showEnded += 50; changed(); },
    })}</p>` : nothing}`;
}

function section(id, title, calls, show, nothingThere, count = calls.length) {
  return html`<section id=${id} aria-labelledby="${id}-title">
    <h3 id="${id}-title">${title} <span class="count">${count}</span></h3>
    ${calls.length ? html`<ul class="calls ${calls.length > 40 ? 'many' : ''}">${repeat(calls, (call) => call.key, show)}</ul>` : html`<p class="empty">${nothingOf('Call', nothingThere)}</p>`}
  </section>`;
}

// row redraws a call only when something that it shows has changed.
const row = (call, more, draw) => guard(
  [call, state.rights, state.line, state.notes.get(call.key), state.busy.has(call.key), state.dragged, ...more],
  draw);

const partners = (call) => otherEnds(call).map((other) => other.name).join();

const ringingCall = (call) => html`<li class="call ringing" id=${call.key} tabindex="-1">${row(call, [partners(call)], () => html`
  ${head(call, html`rings for another <strong>${clock(call.ringsUntil, 'until')}</strong>`)}
  ${message(call)}
  ${takeControls(call)}
  ${noteAt(call.key)}
  ${facts(call)}`)}</li>`;

function takeControls(call) {
  const why = call.cannot.take || may(call.namespace, 'change');
  const take = (action, to) => act(call.key, '/api/take', {call: ref(call), action, to}, [call.key]);
  return html`<form class="take" @submit=${submitted(call.key, why, (data) => take('redirect', data.get('to')))}>
    ${button({label: 'Answer', place: call.key, why, kind: 'main', describe: `Answer the call from ${call.from || 'a withheld number'}`, press: () => take('answer')})}
    ${button({label: 'Reject', place: call.key, why, describe: `Reject the call from ${call.from || 'a withheld number'}`, press: () => take('reject')})}
    <span class="redirect"><label class="unseen" for="to-${call.uid}">Redirect to</label>
    <input id="to-${call.uid}" name="to" list="people" required placeholder="number or user ID" autocomplete="off" data-focus="${call.key} to">
    ${submit({label: 'Redirect', place: call.key, why, kind: ''})}</span>
  </form>`;
}

const moveDeps = (call) => (call.participants ?? []).flatMap((p) => [isOurs(p), cannotMove(call, p)]);

const liveCall = (call) => html`<li class="call live ${dropClass(call)}" id=${call.key} tabindex="-1"
    @dragover=${(event) => { if (canDrop(call)) event.preventDefault(); }}
    @drop=${(event) => { event.preventDefault(); dropOn(call); }}>
  ${row(call, [partners(call), actionsKey(call), serviceOf(call), ...moveDeps(call)], () => html`
    ${head(call, liveTime(call))}
    ${roster(call)}
    ${message(call)}
    ${progress(call)}
    ${actionsList(call)}
    ${ringsElsewhere(call) ? nothing : html`<div class="actions">${hangUpButton(call)}${operateButtons(call)}</div>`}
    ${noteAt(call.key)}
    ${facts(call)}`)}</li>`;

function liveTime(call) {
  if (call.connected) return html`for <strong>${clock(call.connected)}</strong>`;
  return html`for ${clock(call.created)}`;
}

const hangUpButton = (call) => button({
  label: 'Hang up', place: call.key, why: call.cannot.hangUp || may(call.namespace, 'change'), kind: 'danger', describe: `Hang up ${shortName(call.name)}`,
  press: () => confirm({
    title: `Hang up ${shortName(call.name)}?`, text: `The call between ${call.from || 'a withheld number'} and ${call.to} ends for everybody in it. Its record stays.`,
    label: 'Hang up', press: () => act(call.key, '/api/hang-up', [ref(call)], [call.key]),
  }),
});

const retriedAs = (call) => (state.calls.has(`Call/${call.namespace}/${call.retry}`) ? `Retried as ${call.retry}.` : '');

const endedCall = (call) => html`<li class="call ended" id=${call.key} tabindex="-1">${row(call, [partners(call), retriedAs(call)], () => html`
  ${head(call, html`${call.connected ? html`lasted ${span(Date.parse(call.ended) - Date.parse(call.connected))}, ` : nothing}ended ${time(call.ended)}`)}
  ${message(call)}
  ${progress(call)}
  ${call.inbound || call.outcome === 'Completed' ? nothing : html`<div class="actions">${button({
    label: 'Try again', place: call.key, why: call.cannot.retry || retriedAs(call) || may(call.namespace, 'dial'), describe: `Try ${shortName(call.name)} again`,
    press: () => act(call.key, '/api/retry', ref(call), [], (done) => [`Call/${call.namespace}/${done.name}`]),
  })}</div>`}
  ${noteAt(call.key)}
  ${facts(call)}`)}</li>`;

const badge = (call) => html`<span class="badge ${call.outcome ? (call.asWanted ? 'good' : 'bad') : call.phase.toLowerCase()}">${call.outcome || call.phase || 'New'}</span>`;

function head(call, when) {
  const others = otherEnds(call);
  return html`<div class="head">
    <h4 title=${call.name}>${shortName(call.name)}</h4>${badge(call)}<span class="when">${when}</span>
    <p class="parties"><span title=${call.from}>${call.from ? shortParty(call.from) : 'withheld'}</span> <span aria-hidden="true">→</span><span class="unseen"> calls </span>
      <span title=${call.to}>${shortParty(call.to)}</span>
      ${call.inbound ? html`<span class="hint">incoming</span>` : nothing}
      ${others.length ? html`<span class="hint">other end: ${others.map((other) => shortName(other.name)).join(', ')}</span>` : nothing}</p>
  </div>`;
}

function message(call) {
  if (ringsElsewhere(call) && !call.outcome) return html`<p class="message">The call was redirected to this user, whose phone is ringing.</p>`;
  const ahead = call.ahead ? ` ${call.ahead} ${call.ahead === 1 ? 'call goes' : 'calls go'} first.` : '';
  if (!call.message || (call.phase === 'Connected' && !call.outcome)) return nothing;
  const code = call.outcome && call.code ? ` (${call.code}${call.subCode ? `/${call.subCode}` : ''})` : '';
  return html`<p class="message">${call.message}${ahead}${code}</p>`;
}

function roster(call) {
  const people = call.participants ?? [];
  if (!people.length) return nothing;
  const more = (call.count ?? people.length) - people.length;
  return html`<ul class="roster" aria-label="Participants of ${shortName(call.name)}">
    ${repeat(people, (p) => p.id, (p) => participant(call, p))}
    ${more > 0 ? html`<li>and ${more} more</li>` : nothing}</ul>`;
}

function participant(call, p) {
  const why = cannotMove(call, p);
  const own = isOurs(p);
  return html`<li class="person ${why ? '' : 'movable'}" draggable=${why ? 'false' : 'true'}
      @dragstart=${(event) => { event.dataTransfer.setData('text/plain', ''); event.dataTransfer.effectAllowed = 'move'; state.dragged = {call, p}; changed(); }}
      @dragend=${() => { state.dragged = null; changed(); }}>
    <span title=${p.text}>${shortParty(p.text)}</span>
    ${p.muted ? html`<span class="hint">muted</span>` : nothing}${p.onHold ? html`<span class="hint">on hold</span>` : nothing}
    ${own ? html`<span class="hint" title=${why}>our side</span>` : button({
      label: 'Move…', place: call.key, why, kind: 'small', describe: `Move ${p.text} out of ${shortName(call.name)}`,
      press: () => { state.ask = {kind: 'move', call, p, to: targets(call)[0].key}; forget('ask'); },
    })}${own ? nothing : participantButtons(call, p)}</li>`;
}

// droppable are the calls into which the dragged participant can be moved, as of the last drawing.
let droppable = new Set();

const canDrop = (call) => droppable.has(call.key);

const dropClass = (call) => (canDrop(call) ? 'target' : '');

function dropOn(to) {
  if (!state.dragged) return;
  const {call, p} = state.dragged;
  state.dragged = null;
  if (!targets(call).some((target) => target.key === to.key)) {
    note(to.key, 'Nobody can be moved into this call.', true);
    return;
  }
  moveTo(call, p, to.name);
}

export const moveTo = (call, p, to, place = call.key) =>
  act(place, '/api/move', {namespace: call.namespace, from: call.name, to, participant: p.id}, [call.key], (done) => [`ParticipantMove/${call.namespace}/${done.name}`]);

function facts(call) {
  const rows = [
    ['Name', call.name], ['Namespace', call.namespace], ['Provider', call.provider], ['Requested by', call.requestedBy], ['From', call.from || 'withheld'], ['To', call.to],
    ['Taken by', call.route && `CallRoute ${call.route}`], ['Connection ID', call.connectionID], ['Correlation ID', call.correlationID],
  ].filter(([, value]) => value);
  return html`<details><summary data-focus="${call.key} details">Details<span class="unseen"> of ${shortName(call.name)}</span></summary>
    <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}
      ${Object.entries(call.labels ?? {}).map(([key, value]) => html`<dt>Label ${key}</dt><dd>${value}</dd>`)}</dl>
    ${call.history?.length ? html`<ol class="history">${call.history.map((event) => html`<li>${time(event.time)} ${event.type}</li>`)}</ol>` : nothing}
  </details>`;
}

function movesSection() {
  const moves = [...state.moves.values()].sort((a, b) => Number(Boolean(a.outcome)) - Number(Boolean(b.outcome)) || b.created.localeCompare(a.created));
  const flying = moves.filter((move) => !move.outcome);
  const shown = moves.slice(0, Math.max(flying.length, 5));
  if (!shown.length) return nothing;
  return html`<section id="moves" aria-labelledby="moves-title">
    <h3 id="moves-title">Moves <span class="count">${flying.length} in flight</span></h3>
    <ul class="moves">${repeat(shown, (move) => move.key, (move) => html`<li class="move">
      <span class="badge ${move.outcome ? (move.asWanted ? 'good' : 'bad') : 'dialing'}">${move.outcome || move.phase || 'New'}</span>
      <span class="who">${move.participants.map((p) => shortParty(p.text)).join(', ')}</span>
      <span title=${move.from}>${shortName(move.from)}</span> <span aria-hidden="true">→</span><span class="unseen"> to </span> <span title=${move.to}>${shortName(move.to)}</span>
      ${move.asWanted ? nothing : html`<p class="message">${move.message}</p>`}</li>`)}</ul></section>`;
}

// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Dial-outs: how far each has come, how its calls ended, at which pace, and what it waits for.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {repeat} from './vendor/lit-html/directives/repeat.js';
import {guard} from './vendor/lit-html/directives/guard.js';
import {state, doneInLastMinute, may, shortName, shortParty} from './state.js';
import {act, button, clock, noteAt, time} from './parts.js';

// endedShown is how many dial-outs that are over are shown, callsShown how many calls of one.
const endedShown = 3, callsShown = 5;

const ownedLabel = 'call-operator.dev/dial-out';

export function dialOutsSection() {
  const all = [...state.dialOuts.values()].sort((a, b) => Number(Boolean(a.outcome)) - Number(Boolean(b.outcome)) || b.created.localeCompare(a.created) || a.key.localeCompare(b.key));
  const active = all.filter((dialOut) => !dialOut.outcome);
  const shown = all.slice(0, active.length + endedShown);
  if (!shown.length) return nothing;
  const calls = Map.groupBy([...state.calls.values()].filter((call) => !call.outcome && call.labels?.[ownedLabel]), (call) => call.labels[ownedLabel]);
  return html`<section id="dial-outs" aria-labelledby="dial-outs-title">
    <h3 id="dial-outs-title">Dial-outs <span class="count">${active.length} active</span></h3>
    <ul class="calls">${repeat(shown, (dialOut) => dialOut.key, (dialOut) => row(dialOut, calls.get(dialOut.uid) ?? []))}</ul></section>`;
}

const callKey = (call) => [call.key, call.phase, call.message].join();

const row = (dialOut, calls) => html`<li class="call" id=${dialOut.key} tabindex="-1">${guard(
  [dialOut, doneInLastMinute(dialOut), may(dialOut.namespace, 'suspend'), state.notes.get(dialOut.key), state.busy.has(dialOut.key), calls.map(callKey).join('\n')],
  () => html`
  <div class="head"><h4>${dialOut.name}</h4>${badge(dialOut)}<span class="when">${when(dialOut)}</span>
    <p class="parties">${[dialOut.provider, dialOut.flow].filter(Boolean).join(', ')} <span class="hint">${dialOut.namespace}</span></p></div>
  ${progress(dialOut)}
  ${waiting(dialOut)}
  ${calls.length ? active(dialOut, calls) : nothing}
  ${chart(dialOut, 'How the last call to each target ended', dialOut.outcomes ?? [])}
  ${chart(dialOut, 'Outcomes of the flow', dialOut.flowOutcomes ?? [])}
  ${badLines(dialOut)}
  ${dialOut.outcome ? nothing : html`<div class="actions">${suspendButton(dialOut)}</div>`}
  ${noteAt(dialOut.key)}`)}</li>`;

function badge(dialOut) {
  const kind = dialOut.outcome ? (dialOut.asWanted ? 'good' : 'bad') : {Running: 'good', Suspended: '', Pending: 'pending', Ending: 'ending'}[dialOut.phase] ?? '';
  return html`<span class="badge ${kind}">${dialOut.outcome || dialOut.phase || 'New'}</span>`;
}

function when(dialOut) {
  if (dialOut.ended) return html`ended ${time(dialOut.ended)}`;
  return dialOut.started ? html`for ${clock(dialOut.started)}` : nothing;
}

// progress is how many targets are done. The text says it too, for people who do not see the bar.
function progress(dialOut) {
  if (!dialOut.total) return nothing;
  const parts = [
    [dialOut.calling, 'being called'], [dialOut.between, dialOut.between === 1 ? 'waits for the next attempt' : 'wait for the next attempt'],
    [dialOut.pending, 'not called yet'], [dialOut.accepts ? dialOut.accepted : 0, 'accepted'],
  ].filter(([count]) => count).map(([count, words]) => `${count} ${words}`);
  const recent = doneInLastMinute(dialOut);
  const pace = dialOut.callsPerSecond ? `, and ${dialOut.callsPerSecond} started each second at most` : '';
  return html`<div class="progress"><progress max=${dialOut.total} value=${dialOut.done} aria-hidden="true"></progress>
    <span><strong>${dialOut.done} of ${dialOut.total}</strong> done${parts.length ? `: ${parts.join(', ')}` : ''}.</span>
    ${dialOut.outcome ? nothing : html`<span class="hint">${dialOut.parallelism} at a time${pace}.${recent > 0 ? ` ${recent} done in the last minute.` : nothing}</span>`}</div>`;
}

// waiting says what nobody is called for, or how it ended.
function waiting(dialOut) {
  const text = dialOut.outcome ? dialOut.message : dialOut.waiting || (dialOut.phase === 'Running' ? '' : dialOut.message);
  const next = dialOut.outcome || !dialOut.next ? nothing : dialOut.waiting ? html` Here that is ${time(dialOut.next)}.` : html` The next call starts at ${time(dialOut.next)}.`;
  const accepted = dialOut.acceptedBy ? html` It was accepted in <a href="#Call/${dialOut.namespace}/${dialOut.acceptedBy}">${dialOut.acceptedBy}</a>.` : nothing;
  return text || next !== nothing || accepted !== nothing ? html`<p class="message">${text}${next}${accepted}</p>` : nothing;
}

// active are calls under way, and what those wait for that were not dialled yet.
function active(dialOut, calls) {
  const shown = calls.sort((a, b) => a.created.localeCompare(b.created) || a.key.localeCompare(b.key)).slice(0, callsShown);
  return html`<ul class="operations" aria-label="Calls of ${dialOut.name}">${repeat(shown, (call) => call.key, (call) => html`<li>
    <span class="badge ${call.phase.toLowerCase()}">${call.phase || 'New'}</span><a href="#${call.key}">${shortParty(call.to)}</a>
    ${call.phase === 'Connected' ? nothing : html`<span class="message">${call.message}</span>`}</li>`)}
    ${calls.length > shown.length ? html`<li class="hint">and ${calls.length - shown.length} more</li>` : nothing}</ul>`;
}

// chart is a table whose bars are for the eye only: the numbers stand beside them.
function chart(dialOut, caption, bars) {
  if (!bars.length) return nothing;
  const most = Math.max(...bars.map((bar) => bar.count));
  return html`<table class="chart"><caption>${caption}<span class="unseen"> in ${dialOut.name}</span></caption>
    <thead class="unseen"><tr><th scope="col">Outcome</th><th scope="col">Targets</th></tr></thead>
    <tbody>${repeat(bars, (bar) => bar.outcome, (bar) => html`<tr><th scope="row">${bar.outcome}</th>
      <td><meter min="0" max=${most} value=${bar.count} aria-hidden="true"></meter> ${bar.count}</td></tr>`)}</tbody></table>`;
}

function badLines(dialOut) {
  if (!dialOut.badLines && !dialOut.duplicates) return nothing;
  const said = [
    dialOut.badLines ? `${dialOut.badLines} ${dialOut.badLines === 1 ? 'line cannot' : 'lines cannot'} be used` : '',
    dialOut.duplicates ? `${dialOut.duplicates} ${dialOut.duplicates === 1 ? 'line names' : 'lines name'} somebody again` : '',
  ].filter(Boolean).join(', ');
  return html`<details><summary data-focus="${dialOut.key} lines">${said}<span class="unseen"> in ${dialOut.name}</span></summary>
    <ul class="operations">${(dialOut.firstBad ?? []).map((bad) => html`<li>${bad.source}${bad.line ? `, line ${bad.line}` : ''}: ${bad.message}</li>`)}
      ${dialOut.badLines > (dialOut.firstBad ?? []).length ? html`<li class="hint">and ${dialOut.badLines - (dialOut.firstBad ?? []).length} more</li>` : nothing}</ul></details>`;
}

function suspendButton(dialOut) {
  const {key, namespace, name, uid, suspended} = dialOut;
  const label = suspended ? 'Resume' : 'Suspend';
  return button({
    label, place: key, why: dialOut.cannot || may(namespace, 'suspend'), describe: `${label} dial-out ${shortName(name)}`,
    press: () => act(key, '/api/suspend', {dialOut: {namespace, name, uid}, suspend: !suspended}, [key]),
  });
}

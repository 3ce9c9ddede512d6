// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Call flows: how far a call has come in its flow, and the flows of the namespace, each with a diagram.

import {html, svg, nothing} from './vendor/lit-html/lit-html.js';
import {repeat} from './vendor/lit-html/directives/repeat.js';
import {guard} from './vendor/lit-html/directives/guard.js';
import {state, nothingOf, shortName} from './state.js';
import {button, note, noteAt} from './parts.js';
import {words} from './operate.js';

// own are the words for what only steps do, besides those for operations.
const own = {moveTo: 'Moves to', wait: 'Waits', setLabel: 'Sets the label', end: 'Ends as'};

const doing = ({does, what}) => `${own[does] ?? words[does] ?? does}${what ? `: ${what}` : ''}`;

// asWritten tells whether a flow ended at a step with end: any other end has a message.
const asWritten = (flow) => !flow.message;

// progress shows how far a call has come in its flow, and what was answered.
export function progress(call) {
  const flow = call.flow;
  if (!flow) return nothing;
  return html`<div class="flow" role="group" aria-label="Flow of ${shortName(call.name)}">
    <p><span class="badge ${flow.outcome ? (asWritten(flow) ? 'good' : 'bad') : 'dialing'}">${flow.outcome || 'Flow'}</span>
      <strong>${flow.flow}</strong>
      ${flow.outcome ? nothing : html`<span class="now">${flow.step ? html`Step <strong>${flow.step}</strong>. ${doing(flow)}` : 'It begins when the call is answered.'}</span>`}</p>
    ${flow.message || flow.waiting ? html`<p class="message">${flow.message || flow.waiting}</p>` : nothing}
    ${flow.answers?.length ? html`<ul class="answers">${flow.answers.map((a) => html`<li>${a.step}: <strong>${a.answer || '(secret)'}</strong>
      ${a.secret ? html`<span class="hint">in Secret ${a.secret}</span>` : nothing}</li>`)}</ul>` : nothing}
  </div>`;
}

// sizes of a diagram, in pixels. left is for ways back.
const box = {width: 110, height: 44, gapX: 12, gapY: 64, left: 58, edge: 4};

// placed are the steps of a flow with their place, by name: a row for each depth, each in the middle.
function placed(flow) {
  const rows = [...Map.groupBy(flow.steps, (step) => step.depth)].sort(([a], [b]) => a - b).map(([, steps]) => steps);
  const widest = Math.max(...rows.map((steps) => steps.length));
  return new Map(rows.flatMap((steps, row) => steps.map((step, i) => [step.name, {
    ...step, row, x: box.left + (i + (widest - steps.length) / 2) * (box.width + box.gapX), y: box.edge + row * (box.height + box.gapY),
  }])));
}

// grouped are the ways out of a step, one for each step that they lead to.
const grouped = (step) => [...Map.groupBy(step.ways ?? [], (way) => way.to)].map(([to, ways]) => ({to, on: ways.map((way) => way.on || 'next').join(', ')}));

// lines are the ways between placed steps, each with its path and the place of its text. Ways down lead from bottom to top; others, back or
// along a row, leave and arrive at the left.
function lines(steps) {
  const arrived = new Map();
  return [...steps.values()].flatMap((from) => {
    const ways = grouped(from).map(({to, on}) => ({on, to: steps.get(to)}));
    const down = ways.filter(({to}) => to.row > from.row).sort((a, b) => a.to.x - b.to.x);
    return ways.map(({to, on}) => {
      const nth = arrived.get(to.name) ?? 0;
      arrived.set(to.name, nth + 1);
      if (to.row <= from.row) {
        const y1 = from.y + box.height * 0.35, y2 = to.y + box.height * 0.65, out = Math.min(from.x, to.x) - 46;
        return {on, path: `M${from.x} ${y1} C${out} ${y1} ${out} ${y2} ${to.x} ${y2}`, x: out + 12, y: (y1 + y2) / 2 - 14 * nth};
      }
      const place = down.findIndex((way) => way.to === to);
      const x1 = from.x + box.width * (place + 1) / (down.length + 1), y1 = from.y + box.height, x2 = to.x + box.width / 2;
      return {on, path: `M${x1} ${y1} C${x1} ${y1 + 30} ${x2} ${to.y - 40} ${x2} ${to.y}`, x: x2, y: to.y - 14 - 14 * nth};
    });
  });
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// diagram draws a flow. The list of steps says the same, so that the diagram is only a picture.
function diagram(flow) {
  const steps = placed(flow);
  const all = [...steps.values()];
  const width = Math.max(...all.map((step) => step.x)) + box.width + box.edge, height = Math.max(...all.map((step) => step.y)) + box.height + box.edge;
  const arrow = `arrow-${flow.uid}`;
  const ways = lines(steps);
  return html`<div class="diagram" tabindex="0" role="group" aria-label="Diagram of ${flow.name}"><svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="img" aria-label="The steps of ${flow.name} and the ways between them. The list of steps says the same.">
    <defs><marker id=${arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
    ${ways.map((way) => svg`<path class="way" d=${way.path} marker-end="url(#${arrow})"/>`)}
    ${all.map((step) => svg`<g class="step ${step.does === 'end' ? 'end' : ''}"><rect x=${step.x} y=${step.y} width=${box.width} height=${box.height} rx=${step.does === 'end' ? box.height / 2 : 6}/>
      <text x=${step.x + box.width / 2} y=${step.y + 19} class="name">${cut(step.name, 16)}</text>
      <text x=${step.x + box.width / 2} y=${step.y + 36}>${cut(step.does === 'end' ? `end: ${step.what}` : step.does, 18)}</text></g>`)}
    ${ways.map((way) => svg`<text class="on" x=${way.x} y=${way.y}>${cut(way.on, 19)}</text>`)}
  </svg></div>`;
}

const list = (flow) => html`<ol class="list">${flow.steps.map((step) => html`<li><strong>${step.name}</strong> ${doing(step)}
  ${step.ways?.length ? html`<ul>${grouped(step).map(({to, on}) => html`<li>${on} <span aria-hidden="true">→</span><span class="unseen"> leads to </span> ${to}</li>`)}</ul>` : nothing}</li>`)}</ol>`;

const parameters = (flow) => (flow.parameters?.length ? html`<dl>${flow.parameters.map((p) => html`<dt>$(${p.name})</dt>
  <dd>${[p.description, p.default === undefined ? 'each call gives it' : `by default ${p.default || 'empty'}`].filter(Boolean).join('; ')}</dd>`)}</dl>` : nothing);

async function copy(flow) {
  try {
    await navigator.clipboard.writeText(flow.mermaid);
    note(flow.key, 'The diagram was copied.');
  } catch {
    note(flow.key, 'The browser does not let this page copy: select the text below, and copy it yourself.', true);
  }
}

const oneFlow = (flow) => html`<li class="provider" id=${flow.key}>${guard([flow, state.notes.get(flow.key)], () => html`
  <details><summary data-focus="${flow.key} details"><h4>${flow.name}</h4> <span class="badge ${flow.ready ? 'good' : 'bad'}">${flow.ready ? 'Ready' : 'Not ready'}</span>
    <span class="hint">${flow.namespace}, ${flow.steps.length} ${flow.steps.length === 1 ? 'step' : 'steps'}</span></summary>
    ${parameters(flow)}${diagram(flow)}${list(flow)}
    <details><summary data-focus="${flow.key} mermaid">Mermaid<span class="unseen"> of ${flow.name}</span></summary>
      <textarea readonly rows="8" aria-label="${flow.name} in the language of Mermaid" .value=${flow.mermaid}></textarea>
      <div class="actions">${button({label: 'Copy', place: flow.key, describe: `Copy ${flow.name} in the language of Mermaid`, press: () => copy(flow)})}</div>
      ${noteAt(flow.key)}</details></details>
  ${flow.problems?.length ? html`<ul>${flow.problems.map((p) => html`<li class="message">${p.field}: ${p.message}</li>`)}</ul>` : flow.ready ? nothing : html`<p class="message">${flow.message}</p>`}`)}</li>`;

export function flowList() {
  const flows = [...state.flows.values()].sort((a, b) => a.key.localeCompare(b.key));
  return html`<section aria-labelledby="flows-title"><h3 id="flows-title">Call flows</h3>
    ${flows.length ? html`<ul class="calls">${repeat(flows, (flow) => flow.key, oneFlow)}</ul>` : html`<p class="empty">${nothingOf('CallFlow', 'There is no CallFlow here.')}</p>`}</section>`;
}

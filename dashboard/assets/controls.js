// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The half with the call controls: place a call, hang up, and the numbers of the providers.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {live} from './vendor/lit-html/directives/live.js';
import {state, may, nothingOf, now} from './state.js';
import {act, button, changed, confirm, hangUp, newName, note, noteAt, select, submit, submitted} from './parts.js';

// The name is chosen before the call is placed. A second press, or a retry after a lost answer, names the same Call, so
// no phone rings twice.
// sent is the last request, until its result is known; since is when its name was first sent.
const form = {name: newName('call'), provider: '', from: '', to: '', flow: '', parameters: {}, sent: null, since: 0};

// rounding is how much earlier than its request a call may seem to be created.
const rounding = 2_000;

// placed makes the form ready for another call.
function placed(order) {
  if (form.sent !== order) return;
  form.sent = null;
  if (form.name === order.name) Object.assign(form, {name: newName('call'), to: '', parameters: {}});
  changed();
}

const plain = (text) => text.trim().replace(/[-\s().\/]/g, '').replace(/^4:/, '').toLowerCase();

// settleOrder finds the call of a request whose answer was lost. A retry would be refused, because the Call exists.
export function settleOrder() {
  const order = form.sent;
  const call = order && state.calls.get(`Call/${order.namespace}/${order.name}`);
  if (!call || state.busy.has('dial') || plain(call.to) !== plain(order.to) || Date.parse(call.created) < form.since - rounding) return;
  note('dial', `Call ${order.name} is on its way.`, false, {keys: [call.key]});
  placed(order);
}

// choice is what the user chose, or else the first key. It stays when new keys are sorted before it.
function choice(field, keys) {
  form[field] ||= keys[0] ?? '';
  return form[field];
}

// startAnew forgets the choices from another namespace.
export const startAnew = () => Object.assign(form, {provider: '', from: '', flow: '', parameters: {}});

export const providerName = (p) => `${p.namespace}/${p.name}`;

const nameOfKey = (key) => key.split('/').slice(1).join('/');

export const providers = () => [...state.providers.values()].sort((a, b) => a.key.localeCompare(b.key));

export function dialForm() {
  const all = providers();
  const provider = state.providers.get(choice('provider', all.map((p) => p.key)));
  const numbers = provider?.numbers ?? [];
  const from = choice('from', numbers.map((n) => n.number));
  const goneFrom = from && !numbers.some((n) => n.number === from);
  const why = !form.provider ? nothingOf('CallProvider', 'There is no CallProvider here: without one, no call can be placed.')
    : !provider ? `CallProvider ${nameOfKey(form.provider)} is no longer there.`
      : goneFrom ? `${from} is no longer a number of CallProvider ${provider.name}: choose another one.` : whyNotFlow(provider) || may(provider.namespace, 'dial');
  const dial = async () => {
    const order = {namespace: provider.namespace, provider: provider.name, name: form.name, from, to: form.to, ...flowUse()};
    form.since = form.sent?.name === order.name ? form.since : now();
    form.sent = order;
    if (await act('dial', '/api/dial', order, [`Call/${order.namespace}/${order.name}`])) placed(order); else settleOrder();
  };
  return html`<section aria-labelledby="dial-title"><h3 id="dial-title">Place a call</h3>
    <form class="fields row" @submit=${submitted('dial', why, dial)}>
      ${all.length > 1 || (form.provider && !provider) ? select({
        label: 'Provider', name: 'dial provider', chosen: form.provider, gone: `${nameOfKey(form.provider)} is no longer there`,
        choose: (key) => Object.assign(form, {provider: key, from: ''}), choices: all.map((p) => ({key: p.key, text: providerName(p)})),
      }) : nothing}
      ${select({
        label: 'From', name: 'dial from', chosen: from, gone: `${from} is no longer there`, choose: (number) => { form.from = number; },
        choices: numbers.length ? numbers.map((n) => ({key: n.number, text: n.number + (n.used >= n.limit ? ' (no slot free: the call will wait)' : '')})) : [{key: '', text: 'no number'}],
      })}
      <label>To <input name="to" required autocomplete="off" list="people" placeholder="+442079460101 or a user ID" .value=${live(form.to)}
        @input=${(event) => { form.to = event.target.value; }} data-focus="dial to"></label>
      <label>Name <input name="name" required autocomplete="off" pattern="[a-z0-9]([\\-a-z0-9.]*[a-z0-9])?" title="Lower case letters, digits, - and ." .value=${live(form.name)}
        @input=${(event) => { form.name = event.target.value; }} data-focus="dial name"></label>
      ${flowFields(provider)}
      <div class="actions">${submit({label: 'Call', place: 'dial', why})}</div>
    </form>${noteAt('dial')}</section>`;
}

// flowUse is the flow of a request, and the parameters that were given.
function flowUse() {
  const flow = state.flows.get(form.flow);
  if (!flow) return {};
  const given = Object.entries(form.parameters).filter(([name, value]) => value !== '' && flow.parameters?.some((p) => p.name === name));
  return {flow: flow.name, ...(given.length ? {parameters: Object.fromEntries(given)} : {})};
}

// whyNotFlow says why a call cannot run the flow that was chosen.
function whyNotFlow(provider) {
  const flow = state.flows.get(form.flow);
  if (!form.flow || flow?.ready && flow.namespace === provider.namespace) return '';
  if (!flow) return `CallFlow ${nameOfKey(form.flow)} is no longer there: choose another one.`;
  return flow.ready ? `CallFlow ${nameOfKey(form.flow)} is in another namespace than the provider: choose another one.` : `CallFlow ${flow.name} cannot be run: ${flow.message}`;
}

// flowFields choose a flow, if there is any, and its parameters.
function flowFields(provider) {
  const flows = [...state.flows.values()].filter((flow) => flow.namespace === provider?.namespace).sort((a, b) => a.key.localeCompare(b.key));
  if (!flows.length && !form.flow) return nothing;
  return html`${select({
    label: 'Flow', name: 'dial flow', chosen: form.flow, gone: `${nameOfKey(form.flow)} is no longer there`,
    choose: (key) => Object.assign(form, {flow: key, parameters: {}}), choices: [{key: '', text: 'none'}, ...flows.map((flow) => ({key: flow.key, text: flow.name}))],
  })}${(state.flows.get(form.flow)?.parameters ?? []).map((p) => html`<label>${p.name} <input name=${p.name} ?required=${p.default === undefined} maxlength="256" autocomplete="off"
    placeholder=${p.default ?? ''} title=${p.description || nothing} .value=${live(form.parameters[p.name] ?? '')}
    @input=${(event) => { form.parameters[p.name] = event.target.value; }} data-focus="dial parameter ${p.name}"></label>`)}`;
}

export function hangUpAll() {
  const calls = [...state.calls.values()].filter((call) => !call.cannot.hangUp);
  const denied = calls.map((call) => may(call.namespace, 'change')).find(Boolean);
  const why = calls.length ? denied ?? '' : nothingOf('Call', 'No call is active.');
  return html`<section aria-labelledby="all-title"><h3 id="all-title">End everything</h3>
    <div class="actions">${button({
      label: 'Hang up all calls', place: 'all', why, kind: 'danger',
      press: () => confirm({
        title: `Hang up ${calls.length === 1 ? 'the one call' : `all ${calls.length} calls`}?`,
        text: `Every call that is shown ends for everybody in it${state.namespace ? ` (namespace ${state.namespace})` : ', in all namespaces'}. Their records stay.`,
        label: 'Hang up all', press: () => hangUp('all', calls),
      }),
    })}</div>${noteAt('all')}</section>`;
}

export function providerList() {
  const routes = [...state.routes.values()].sort((a, b) => b.priority - a.priority || a.key.localeCompare(b.key));
  return html`<section aria-labelledby="providers-title"><h3 id="providers-title">Providers and numbers</h3>
    ${providers().map((p) => html`<div class="provider"><h4>${p.name} <span class="badge ${p.ready ? 'good' : 'bad'}">${p.ready ? 'Ready' : 'Not ready'}</span>
      <span class="hint">${p.namespace}</span></h4>
      ${p.ready ? nothing : html`<p class="message">${p.message}</p>`}
      ${p.numbers.length ? html`<table><thead><tr><th scope="col">Number</th><th scope="col">Slots in use</th><th scope="col">Waiting</th></tr></thead>
        <tbody>${p.numbers.map((n) => html`<tr><th scope="row">${n.number}</th>
          <td><meter min="0" max=${n.limit} value=${n.used} high=${n.limit - 0.5} aria-hidden="true"></meter> ${n.used} of ${n.limit}</td><td>${n.waiting || 'none'}</td></tr>`)}</tbody></table>` : nothing}
      ${routes.filter((r) => r.namespace === p.namespace && r.provider === p.name).map((r) => html`<p class="route"><span class="badge ${r.ready ? 'good' : 'bad'}">${r.ready ? 'Route' : 'Route, not ready'}</span>
        ${r.name} ${r.action}, took ${r.taken}${r.ready ? nothing : html`<span class="message">${r.message}</span>`}</p>`)}</div>`)}
    ${state.providers.size ? nothing : html`<p class="empty">${nothingOf('CallProvider', 'There is no CallProvider here.')}</p>`}</section>`;
}

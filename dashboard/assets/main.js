// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The page is a function of the state: when the state changes, the page is drawn once in the next frame.

import {html, render, nothing} from './vendor/lit-html/lit-html.js';
import {state, apply, cannotMove, sorted, targets, shortName, shortParty} from './state.js';
import {follow, readSession, untilDone} from './stream.js';
import {report} from './faults.js';
import {button, changed, clockText, forget, onChange, say, select, submit, submitted, noteAt} from './parts.js';
import {details, moveTo} from './calls.js';
import {operateForm, operateTitle} from './operate.js';
import {dialForm, hangUpAll, providerList, settleOrder, startAnew as startFormAnew} from './controls.js';
import {flowList} from './flows.js';
import {guide, startAnew as startGuideAnew} from './guide.js';

let stop = () => {};

// connect starts to follow changes, with the current token and namespace.
function connect() {
  stop();
  Object.assign(state, {line: 'connecting', lineMessage: '', heard: false, trouble: []});
  startFormAnew();
  startGuideAnew();
  stop = follow({
    token: state.token, namespace: state.namespace,
    tell: (message) => {
      for (const text of apply(message)) say(text);
      if (state.signIn && message.trouble.some((t) => t.signIn)) {
        stop();
        Object.assign(state, {line: 'signedOut', lineMessage: 'Your token is no longer valid. Sign in again.', token: ''});
      }
      settleOrder();
      changed();
    },
    lost: (message) => {
      if (state.line === 'live') say('Connection lost. Reconnecting.');
      Object.assign(state, {line: 'lost', lineMessage: message});
      changed();
    },
    signedOut: (message) => {
      Object.assign(state, {line: 'signedOut', lineMessage: message, token: ''});
      changed();
    },
  });
  changed();
}

const lines = {
  connecting: ['Connecting…', ''], live: ['Live', 'good'], lost: ['Connection lost, reconnecting…', 'bad'], signedOut: ['Signed out', 'bad'],
};

function page() {
  const [text, kind] = lines[state.line];
  return html`
    <header class="top"><h1>Calls</h1>
      ${state.line === 'signedOut' ? nothing : html`<form class="where" @submit=${submitted('where', '', (data) => { state.namespace = data.get('namespace').trim(); connect(); })}>
        <label>Namespace <input name="namespace" .value=${state.namespace} placeholder="all" autocomplete="off" size="14" data-focus="namespace"></label>
        ${submit({label: 'Show', place: 'where', kind: ''})}</form>`}
      ${rings()}
      <span class="user">${state.user}</span>
      <span class="badge ${kind}" id="line">${text}</span></header>
    ${state.lineMessage ? html`<p class="note bad" role="alert">${state.lineMessage}</p>` : nothing}
    ${[...new Set(state.trouble.map((t) => t.message))].map((text) => html`<p class="note bad">${text}</p>`)}
    ${lookingOn()}
    ${state.line === 'signedOut' ? signIn() : halves()}
    ${dialog()}`;
}

// lookingOn tells a user with read-only access so, before they try.
function lookingOn() {
  const rights = Object.values(state.rights);
  const denied = rights.length && rights.every((may) => [may.dial, may.change, may.move, may.operate].every((why) => why.startsWith('You may not')));
  return denied && state.line === 'live' ? html`<p class="note">You have read-only access: you cannot place, change or move calls here. ${rights[0].dial}</p>` : nothing;
}

// rings links to the ringing calls, which may be far down on a small screen and ring for only half a minute.
function rings() {
  const {ringing} = sorted();
  return ringing.length ? html`<a class="rings" href="#ringing">${ringing.length === 1 ? '1 call rings' : `${ringing.length} calls ring`}</a>` : nothing;
}

function halves() {
  if (!state.heard) return html`<p class="empty">${state.line === 'connecting' ? 'Loading…' : 'The calls are not loaded yet.'}</p>`;
  return html`<main>
    <div class="half" id="controls"><h2>Call controls</h2>${guide()}${dialForm()}${hangUpAll()}${providerList()}${flowList()}</div>
    <div class="half" id="details" tabindex="-1"><h2>Call details</h2>${details()}</div>
    <datalist id="people">${people().map((id) => html`<option value=${id}></option>`)}</datalist></main>`;
}

// people are the redirect targets of routes, as suggestions.
function people() {
  const seen = new Set();
  for (const route of state.routes.values()) if (route.action.startsWith('redirects to ')) seen.add(route.action.slice('redirects to '.length));
  return [...seen].sort();
}

function signIn() {
  if (state.signedIn) return html`<p class="empty">You are no longer signed in. Reload the page to sign in again.</p>`;
  if (!state.signIn) return html`<p class="empty">Open the address that <code>kubectl call dashboard</code> printed: it contains the token for this page.</p>`;
  return html`<main><section class="sign-in" aria-labelledby="sign-in-title"><h2 id="sign-in-title">Sign in</h2>
    <p>Sign in with a Kubernetes token. You then have the permissions of that token. The token is kept only in this page, and is forgotten when you leave it.
      To create one, run <code>kubectl create token NAME -n NAMESPACE</code>.</p>
    <form class="fields" @submit=${submitted('sign-in', '', (data) => { state.token = data.get('token').trim(); state.namespace = data.get('namespace').trim(); connect(); })}>
      <label>Token <input name="token" type="password" required autocomplete="off" data-focus="token"></label>
      <label>Namespace <input name="namespace" .value=${state.namespace} placeholder="all" autocomplete="off"></label>
      <div class="actions">${submit({label: 'Sign in', place: 'sign-in'})}</div></form>${noteAt('sign-in')}</section></main>`;
}

function close() {
  document.getElementById('ask')?.close();
}

// dialog is the open question. The browser keeps the focus in it, and restores it afterwards.
function dialog() {
  const ask = state.ask;
  if (!ask) return nothing;
  return html`<dialog id="ask" aria-labelledby="ask-title" @close=${() => { state.ask = null; changed(); }}>
    <h2 id="ask-title">${titles[ask.kind](ask)}</h2>
    ${questions[ask.kind](ask)}</dialog>`;
}

const titles = {confirm: (ask) => ask.title, move: (ask) => `Move ${shortParty(ask.p.text)}`, operate: operateTitle};

const questions = {confirm: (ask) => confirmation(ask), move: (ask) => moveForm(ask), operate: (ask) => operateForm(ask, close)};

const confirmation = (ask) => html`<p>${ask.text}</p><div class="actions">
  ${button({label: 'Cancel', place: 'ask', press: close})}
  ${button({label: ask.label, place: 'ask', kind: 'danger', press: () => { close(); ask.press(); }})}</div>`;

// moveForm asks into which call to move a participant. Calls may end while it is open.
function moveForm(ask) {
  const call = state.calls.get(ask.call.key) ?? ask.call;
  const calls = targets(call);
  const to = calls.find((other) => other.key === ask.to);
  const gone = `${shortName(ask.to.split('/')[2])} is no longer there`;
  const why = whyNotMove(call, ask.p) || (to ? '' : `${gone}: choose another call.`);
  return html`<form class="fields" @submit=${submitted('ask', why, () => { close(); moveTo(call, ask.p, to.name); })}>
    <p>From ${shortName(call.name)} into another call that is connected.</p>
    ${select({
      label: 'To', name: 'ask to', chosen: ask.to, gone, choose: (key) => { ask.to = key; forget('ask'); },
      choices: calls.map((other) => ({key: other.key, text: `${shortName(other.name)}: ${other.from || 'withheld'} → ${shortParty(other.to)}`})),
    })}
    <div class="actions">${button({label: 'Cancel', place: 'ask', press: close})}${submit({label: 'Move', place: 'ask', why})}</div>${noteAt('ask')}</form>`;
}

// whyNotMove says why a participant can no longer be moved.
function whyNotMove(call, p) {
  const now = call.participants?.find((other) => other.id === p.id);
  return now ? cannotMove(call, now) : `${shortParty(p.text)} is no longer in the call.`;
}

// draw draws the page. The focus stays on its element, even if that element moves to another list.
function draw() {
  const focused = document.activeElement?.dataset?.focus;
  try {
    render(page(), document.getElementById('page'));
  } catch (problem) {
    report(problem);
    return;
  }
  const ask = document.getElementById('ask');
  if (ask && !ask.open) ask.showModal();
  if (focused && document.activeElement === document.body) {
    const again = [...document.querySelectorAll('[data-focus]')].find((element) => element.dataset.focus === focused)
      ?? document.getElementById(focused.split(' ')[0]);
    again?.focus({preventScroll: true});
  }
}

// titled shows the number of ringing calls in the title, which is visible even for a tab in the background.
function titled() {
  const {ringing} = sorted();
  const title = ringing.length ? `(${ringing.length}) Calls` : 'Calls';
  if (document.title !== title) document.title = title;
}

let drawing = false;
onChange(() => {
  titled();
  if (drawing) return;
  drawing = true;
  // A page in the background gets no frames, and need not be drawn.
  requestAnimationFrame(() => { drawing = false; draw(); });
});

setInterval(() => {
  for (const clock of document.querySelectorAll('.clock')) {
    const text = clockText(Number(clock.dataset.from), clock.dataset.kind);
    // The text node stays, since lit-html knows it.
    const node = [...clock.childNodes].find((child) => child.nodeType === Node.TEXT_NODE);
    if (node && node.data !== text) node.data = text;
  }
}, 1000);

// On a user's own machine the address contains the token after the #, which browsers do not send. It is removed from the
// address at once. The token is valid for this server only, so it may be kept across a reload.
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!token) return false;
  sessionStorage.setItem('token', token);
  history.replaceState(null, '', location.pathname);
  return true;
}

// askUntilAnswered reads the session, and retries until it succeeds.
const askUntilAnswered = () => untilDone(readSession, (message) => {
  Object.assign(state, {line: 'lost', lineMessage: message});
  changed();
});

async function start() {
  takeToken();
  const session = await askUntilAnswered();
  Object.assign(state, {signIn: session.signIn, signedIn: session.signedIn, namespace: session.namespace});
  if (session.signIn) {
    state.line = 'signedOut';
    changed();
    return;
  }
  state.token = sessionStorage.getItem('token') ?? '';
  connect();
}

addEventListener('hashchange', () => {
  if (takeToken()) { state.token = sessionStorage.getItem('token'); connect(); }
});

start();

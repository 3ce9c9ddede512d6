// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The page is a function of the state: whenever that changes, the page is drawn once in the next frame.

import {html, render, nothing} from './vendor/lit-html/lit-html.js';
import {state, apply, cannotMove, sorted, targets, shortName, shortParty} from './state.js';
import {follow, readSession, untilDone} from './stream.js';
import {report} from './faults.js';
import {button, changed, clockText, forget, onChange, say, select, submit, submitted, noteAt} from './parts.js';
import {details, moveTo} from './calls.js';
import {dialForm, hangUpAll, providerList, settleOrder, startAnew as startFormAnew} from './controls.js';
import {guide, startAnew as startGuideAnew} from './guide.js';

let stop = () => {};

// connect follows what happens, from now on with this token in this namespace.
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
        Object.assign(state, {line: 'signedOut', lineMessage: 'The API server no longer knows your token. Sign in again.', token: ''});
      }
      settleOrder();
      changed();
    },
    lost: (message) => {
      if (state.line === 'live') say('The connection is lost. It is tried again.');
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
  connecting: ['Connecting…', ''], live: ['Live', 'good'], lost: ['Connection lost, trying again…', 'bad'], signedOut: ['Signed out', 'bad'],
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

// lookingOn says to somebody who may do nothing here that it is so, before they try.
function lookingOn() {
  const rights = Object.values(state.rights);
  const denied = rights.length && rights.every((may) => [may.dial, may.change, may.move].every((why) => why.startsWith('You may not')));
  return denied && state.line === 'live' ? html`<p class="note">You may look on here, and not place, change or move calls. ${rights[0].dial}</p>` : nothing;
}

// rings leads to what rings, which may be far down on a small screen, and has half a minute.
function rings() {
  const {ringing} = sorted();
  return ringing.length ? html`<a class="rings" href="#ringing">${ringing.length === 1 ? '1 call rings' : `${ringing.length} calls ring`}</a>` : nothing;
}

function halves() {
  if (!state.heard) return html`<p class="empty">${state.line === 'connecting' ? 'Asking the API server…' : 'Nothing was heard of the calls yet.'}</p>`;
  return html`<main>
    <div class="half" id="controls"><h2>Call controls</h2>${guide()}${dialForm()}${hangUpAll()}${providerList()}</div>
    <div class="half" id="details" tabindex="-1"><h2>Call details</h2>${details()}</div>
    <datalist id="people">${people().map((id) => html`<option value=${id}></option>`)}</datalist></main>`;
}

// people are the users that are known from routes and calls, to choose from.
function people() {
  const seen = new Set();
  for (const route of state.routes.values()) if (route.action.startsWith('redirects to ')) seen.add(route.action.slice('redirects to '.length));
  return [...seen].sort();
}

function signIn() {
  if (state.signedIn) return html`<p class="empty">What signs you in here does so no longer. Load the page again.</p>`;
  if (!state.signIn) return html`<p class="empty">Open the address that <code>kubectl call dashboard</code> printed: it holds the key to this page.</p>`;
  return html`<main><section class="sign-in" aria-labelledby="sign-in-title"><h2 id="sign-in-title">Sign in</h2>
    <p>Use a token of the cluster. You may then do here what it may do, and nothing more. The token is kept in this page only, and is forgotten when you leave it.
      One comes from <code>kubectl create token NAME -n NAMESPACE</code>.</p>
    <form class="fields" @submit=${submitted('sign-in', '', (data) => { state.token = data.get('token').trim(); state.namespace = data.get('namespace').trim(); connect(); })}>
      <label>Token <input name="token" type="password" required autocomplete="off" data-focus="token"></label>
      <label>Namespace <input name="namespace" .value=${state.namespace} placeholder="all" autocomplete="off"></label>
      <div class="deeds">${submit({label: 'Sign in', place: 'sign-in'})}</div></form>${noteAt('sign-in')}</section></main>`;
}

function close() {
  document.getElementById('ask')?.close();
}

// dialog is the question that is open. The browser keeps the focus in it, and gives it back.
function dialog() {
  const ask = state.ask;
  if (!ask) return nothing;
  return html`<dialog id="ask" aria-labelledby="ask-title" @close=${() => { state.ask = null; changed(); }}>
    <h2 id="ask-title">${ask.kind === 'confirm' ? ask.title : `Move ${shortParty(ask.p.text)}`}</h2>
    ${ask.kind === 'confirm' ? confirmation(ask) : moveForm(ask)}</dialog>`;
}

const confirmation = (ask) => html`<p>${ask.text}</p><div class="deeds">
  ${button({label: 'Cancel', place: 'ask', press: close})}
  ${button({label: ask.label, place: 'ask', kind: 'danger', press: () => { close(); ask.press(); }})}</div>`;

// moveForm asks into which call to move somebody. Calls end while it asks.
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
    <div class="deeds">${button({label: 'Cancel', place: 'ask', press: close})}${submit({label: 'Move', place: 'ask', why})}</div>${noteAt('ask')}</form>`;
}

// whyNotMove says why somebody cannot be moved any more.
function whyNotMove(call, p) {
  const now = call.participants?.find((other) => other.id === p.id);
  return now ? cannotMove(call, now) : `${shortParty(p.text)} is no longer in the call.`;
}

// draw draws the page. Whoever has the focus keeps it, also when what has it moves to another list.
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

// titled says in the tab's title how many calls ring, which is all that is seen of a tab in the background.
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

// On a person's own machine the address holds the token, behind the # that browsers keep to themselves. It is taken out of
// the address at once. It opens this server only, so that it may outlive a reload.
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!token) return false;
  sessionStorage.setItem('token', token);
  history.replaceState(null, '', location.pathname);
  return true;
}

// askUntilAnswered asks what this dashboard is, for as long as it takes.
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

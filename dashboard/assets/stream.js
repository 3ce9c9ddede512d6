// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// The communication between page and server. The token is sent in a header, which no other site can set. EventSource
// cannot send headers, so the stream is read with fetch.

import {report} from './faults.js';

// The server sends something every 10 seconds. A connection that is silent for longer is considered lost.
const silence = 25_000;
const firstPause = 500;
const longestPause = 8_000;

// signed are the headers with the token. Without a token, no Authorization header is sent, so that a proxy in front can
// add one.
const signed = (token) => (token ? {Authorization: `Bearer ${token}`} : {});

const pause = (ms) => new Promise((resolve) => {
  const done = () => { clearTimeout(timer); removeEventListener('online', done); resolve(); };
  const timer = setTimeout(done, ms);
  addEventListener('online', done);
});

// untilDone retries until it succeeds. It calls failed with the message of each error.
export async function untilDone(attempt, failed) {
  for (let wait = firstPause; ; wait = Math.min(wait * 2, longestPause)) {
    try {
      return await attempt();
    } catch (problem) {
      failed(problem.status ? problem.message : '');
    }
    await pause(wait * (0.75 + Math.random() / 2));
  }
}

// readSession reads how users sign in to this dashboard.
export async function readSession() {
  const response = await fetch('/api/session');
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

// guarded keeps an error in the page itself from looking like a lost connection.
const guarded = (tell) => (message) => {
  try {
    tell(message);
  } catch (problem) {
    report(problem);
  }
};

// follow calls tell for each message, until stop is called. It reconnects until it succeeds.
export function follow({token, namespace, tell: told, lost, signedOut}) {
  const tell = guarded(told);
  const stopped = new AbortController();
  (async () => {
    for (let wait = firstPause; !stopped.signal.aborted; wait = Math.min(wait * 2, longestPause)) {
      try {
        await readStream({token, namespace, stopped, tell: (message) => { wait = firstPause; tell(message); }});
        lost('');
      } catch (problem) {
        if (stopped.signal.aborted) return;
        if (problem.status === 401) { signedOut(problem.message); return; }
        lost(problem.status ? problem.message : '');
      }
      if (!stopped.signal.aborted) await pause(wait * (0.75 + Math.random() / 2));
    }
  })();
  return () => stopped.abort();
}

async function readStream({token, namespace, stopped, tell}) {
  const dead = new AbortController();
  let timer = setTimeout(() => dead.abort(), silence);
  try {
    const response = await fetch(`/api/stream?${new URLSearchParams({namespace})}`, {
      headers: signed(token), signal: AbortSignal.any([stopped.signal, dead.signal]),
    });
    if (!response.ok) throw await problemOf(response);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ;) {
      const {value, done} = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => dead.abort(), silence);
      const events = (rest + value).split('\n\n');
      rest = events.pop();
      for (const event of events) tell(JSON.parse(event.slice('data: '.length)));
    }
  } finally {
    clearTimeout(timer);
  }
}

// post sends an action to the server. It returns the answer, or throws an error with the reason.
export async function post(token, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST', headers: {...signed(token), 'Content-Type': 'application/json'}, body: JSON.stringify(body),
    });
  } catch {
    throw new Error('The dashboard cannot be reached. Whether this was done, the list of calls will show.');
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

async function problemOf(response) {
  const text = await response.text();
  let message = text.trim() || `The dashboard answered ${response.status}.`;
  try { message = JSON.parse(text).message; } catch { /* a proxy answered, in its own words */ }
  return Object.assign(new Error(message), {status: response.status});
}

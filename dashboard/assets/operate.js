// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Operations in a live call: what is going on, the buttons, and their forms.

import {html, nothing} from './vendor/lit-html/lit-html.js';
import {repeat} from './vendor/lit-html/directives/repeat.js';
import {state, ours, actionsOf, may, serviceOf, shortName, shortParty} from './state.js';
import {act, button, changed, confirm, forget, newName, note, noteAt, submit, submitted} from './parts.js';

const ref = ({namespace, name, uid}) => ({namespace, name, uid});

// cannotOperate says why nothing can be done in a call.
export const cannotOperate = (call) => call.cannot.operate || may(call.namespace, 'operate');

// endedShown is how many ended actions a call shows.
const endedShown = 3;

// words are what operations do.
export const words = {
  play: 'Says', recognize: 'Asks', sendTones: 'Sends tones', addParticipant: 'Calls', removeParticipant: 'Removes', transfer: 'Transfers to',
  mute: 'Mutes', hold: 'Puts on hold', unhold: 'Takes off hold', record: 'Recording', cancelMedia: 'Stops what is played',
};

// shownActions are the actions in a call: all that are not over, and the last ones that are.
function shownActions(call) {
  const all = actionsOf(call).sort((a, b) => b.created.localeCompare(a.created) || b.key.localeCompare(a.key));
  const ended = all.filter((action) => action.outcome).sort((a, b) => b.ended.localeCompare(a.ended)).slice(0, endedShown);
  return [...all.filter((action) => !action.outcome), ...ended];
}

// actionsKey changes when what is shown of the actions in a call changes.
export const actionsKey = (call) => shownActions(call).map((action) => [action.key, action.phase, action.outcome, action.answer, action.message].join()).join('\n');

export function actionsList(call) {
  const shown = shownActions(call);
  if (!shown.length) return nothing;
  return html`<ul class="operations" aria-label="Actions in ${shortName(call.name)}">${repeat(shown, (action) => action.key, (action) => html`<li title=${action.name}>
    <span class="badge ${action.outcome ? (action.asWanted ? 'good' : 'bad') : 'dialing'}">${action.outcome || action.phase || 'New'}</span>
    <span>${words[action.operation] ?? action.operation}${action.what ? ': ' : ''}${action.what ?? ''}</span>
    ${action.answer ? html`<span class="answer">Answer: <strong>${action.answer}</strong></span>` : nothing}
    ${action.asWanted || action.phase === 'Running' ? nothing : html`<p class="message">${action.message}</p>`}</li>`)}</ul>`;
}

// forms are the operations that need more than a press: their labels, and the fields of their forms.
const forms = {
  say: {
    label: 'Say…', title: 'Say something in', send: 'Say', fields: () => html`${textField('Text')}${localeField()}${interruptField()}`,
    request: (data) => ({prompt: promptOf(data), interrupt: data.has('interrupt')}),
  },
  ask: {
    label: 'Ask…', title: 'Ask a question in', send: 'Ask',
    fields: () => html`${textField('Question')}<label>Choices <input name="choices" autocomplete="off" placeholder="confirm=1 cancel=2" aria-describedby="choices-hint"></label>
      <p class="hint" id="choices-hint">A name and a key for each, with spaces between them. Without choices, the answer is the key that is pressed.</p>${localeField()}${interruptField()}`,
    request: (data) => {
      const choices = data.get('choices').trim().split(/\s+/).filter(Boolean);
      return {prompt: promptOf(data), interrupt: data.has('interrupt'), ...(choices.length ? {choices} : {maxTones: 1})};
    },
  },
  add: {label: 'Add…', title: 'Call somebody into', send: 'Call', fields: () => partyField('Number'), request: (data) => ({callee: data.get('party')})},
  transfer: {
    label: 'Transfer…', title: 'Transfer the other party of', send: 'Transfer', fields: () => partyField('To'), request: (data) => ({callee: data.get('party')}),
  },
  record: {
    label: 'Record…', title: 'Record', send: 'Do it',
    fields: () => html`<label>Recording <select name="command" data-focus="ask command">${['start', 'pause', 'resume', 'stop'].map((command) => html`<option value=${command}>${command[0].toUpperCase() + command.slice(1)}</option>`)}</select></label>`,
    request: (data) => ({command: data.get('command')}),
  },
};

const promptOf = (data) => ({text: data.get('text'), ...(data.get('locale').trim() ? {locale: data.get('locale').trim()} : {})});

const textField = (label) => html`<label>${label} <textarea name="text" required maxlength="4000" rows="3" data-focus="ask text"></textarea></label>`;

const localeField = () => html`<label>Language <input name="locale" autocomplete="off" placeholder="en-US" data-focus="ask locale"></label>`;

const interruptField = () => html`<label class="check"><input type="checkbox" name="interrupt" data-focus="ask interrupt"> Stop what is played now</label>`;

const partyField = (label) => html`<label>${label} <input name="party" required list="people" autocomplete="off" placeholder="+442079460101 or a user ID" data-focus="ask party"></label>`;

const operate = (call, place, request) => act(place, '/api/operate', {call: ref(call), ...request}, [call.key], (done) => {
  const key = `CallAction/${call.namespace}/${done.name}`;
  ours.add(key);
  return [key];
});

// operateButtons are the operations that are about the whole call.
export const operateButtons = (call) => html`${Object.entries(forms).map(([verb, {label, title}]) => button({
  label, place: call.key, why: cannotOperate(call), describe: `${title} ${shortName(call.name)}`,
  // The name is chosen before anything is sent, so that a second press does nothing a second time.
  press: () => { state.ask = {kind: 'operate', call, verb, name: newName(`${verb}-${call.name.slice(0, 40)}`)}; forget('ask'); },
}))}${button({
  label: 'Stop playing', place: call.key, why: cannotOperate(call) || nothingPlays(call), describe: `Stop what ${shortName(call.name)} plays and asks`,
  press: () => operate(call, call.key, {verb: 'stop-media'}),
})}`;

const nothingPlays = (call) => (actionsOf(call).some((action) => ['play', 'recognize'].includes(action.operation)
  && (action.phase === 'Running' || action.outcome === 'Completed')) || flowPlays(call) ? '' : 'Nothing was played or asked in this call.');

const flowPlays = ({flow}) => flow && !flow.outcome && ['play', 'recognize'].includes(flow.does);

// participantButtons are the operations that are about one participant.
export function participantButtons(call, p) {
  const why = cannotOperate(call);
  const press = (verb) => () => operate(call, call.key, {verb, participant: p.id});
  const name = shortName(call.name);
  return html`${p.onHold
    ? button({label: 'Unhold', place: call.key, why, kind: 'small', describe: `Take ${p.text} in ${name} off hold`, press: press('unhold')})
    : button({label: 'Hold', place: call.key, why, kind: 'small', describe: `Put ${p.text} in ${name} on hold`, press: press('hold')})}
    ${button({label: 'Mute', place: call.key, why: why || cannotMute(call, p), kind: 'small', describe: `Mute ${p.text} in ${name}`, press: press('mute')})}
    ${button({
      label: 'Remove', place: call.key, why, kind: 'small', describe: `Remove ${p.text} from ${name}`,
      press: () => confirm({
        title: `Remove ${shortParty(p.text)}?`, text: `${p.text} is disconnected from ${name}. The call continues for the others.`,
        label: 'Remove', press: press('remove'),
      }),
    })}`;
}

function cannotMute(call, p) {
  if (p.muted) return 'The participant is muted.';
  return serviceOf(call) === 'acs' && !p.app ? 'Azure Communication Services mutes users of apps only, not telephones. Put the participant on hold instead.' : '';
}

export const operateTitle = (ask) => `${forms[ask.verb].title} ${shortName(ask.call.name)}`;

// operateForm asks for the rest of an operation. It stays open until the action is created.
export function operateForm(ask, close) {
  const call = state.calls.get(ask.call.key) ?? ask.call;
  const {fields, request, send} = forms[ask.verb];
  const why = cannotOperate(call);
  const ready = async (data) => {
    const done = await operate(call, 'ask', {verb: ask.verb, name: ask.name, ...request(data)});
    if (!done) return;
    close();
    note(call.key, done.message, false, {keys: [call.key, `CallAction/${call.namespace}/${done.name}`]});
    changed();
  };
  return html`<form class="fields" @submit=${submitted('ask', why, ready)}>${fields()}
    <div class="actions">${button({label: 'Cancel', place: 'ask', press: close})}${submit({label: send, place: 'ask', why})}</div>${noteAt('ask')}</form>`;
}

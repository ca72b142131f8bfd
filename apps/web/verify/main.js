/** The page that checks a decision from files alone: it asks no server for anything. */
import { checked } from './checked.js';

const STEPS = {
  record: ['Record', 'request, ballots, signatures, tally'],
  leaf: ['Leaf', 'hash, chain, path to the root'],
  checkpoint: ['Checkpoint', 'signed head of the log'],
  witnesses: ['Witnesses', 'others who saw that head'],
  transaction: ['Transaction', 'a chain that names it'],
};
const WORDS = {
  verified: 'verified',
  unpinned: 'to compare',
  absent: 'not there',
  failed: 'wrong',
  unreached: 'not looked at',
};
const SIGNS = { verified: '✔', unpinned: '~', absent: '–', failed: '✘', unreached: '·' };

const at = (id) => document.getElementById(id);

/** Element with text and children; text is never read as markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function readPins() {
  const value = (id) => at(id).value.trim();
  return {
    key: value('key'),
    policy: value('policy'),
    chainId: value('chain-id'),
    contract: value('contract'),
    blockHash: value('block'),
  };
}

function check() {
  const text = at('evidence').value;
  if (text.trim() === '') return say('note', 'Choose a bundle, a proof, or drop one here.');
  if (at('key').value.trim() === '') {
    return say('note', 'Name the public key that you trust: nothing in the file is trusted.');
  }
  try {
    show(checked(text, readPins()));
  } catch (error) {
    say('failed', error.message);
  }
}

function say(state, words) {
  at('verdict').replaceChildren(element('p', { 'data-state': state }, words));
  at('steps').replaceChildren();
  at('ballots').replaceChildren();
}

function show({ ok, steps, mismatch, decision, bundle }) {
  const open = steps.filter(({ state }) => state === 'absent' || state === 'unpinned');
  const state = ok ? (open.length === 0 ? 'verified' : 'unpinned') : 'failed';
  const head = ok ? 'Verified' : 'Not verified';
  const verdict = decision?.verdict;
  const line = ok ? `${head}: ${verdict.outcome} by ${verdict.decidedBy}, ${verdict.decidedAt}` : head;
  const parts = [element('p', { 'data-state': state }, line)];
  if (decision?.decisionId) parts.push(element('p', { class: 'small' }, decision.decisionId));
  if (mismatch) parts.push(firstWrong(mismatch));
  at('verdict').replaceChildren(...parts);
  at('steps').replaceChildren(...steps.map(stepItem));
  at('ballots').replaceChildren(...(ok ? ballotRows(bundle) : []));
}

function firstWrong({ part, field, expected, actual }) {
  const pair = (term, text) => [element('dt', {}, term), element('dd', {}, text)];
  return element(
    'dl',
    { class: 'wrong' },
    ...pair('First wrong', `${part}, ${field}`),
    ...pair('Expected', expected),
    ...pair('Found', actual),
  );
}

function stepItem({ step, state, detail }) {
  const [name, what] = STEPS[step];
  return element(
    'li',
    { 'data-state': state },
    element('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[state]),
    element(
      'div',
      {},
      element('strong', {}, name),
      element('span', { class: 'state' }, WORDS[state]),
      element('p', { class: 'small' }, what),
      element('p', {}, detail),
    ),
  );
}

/** Who voted what; the record was checked before. */
function ballotRows(bundle) {
  const { ballots } = JSON.parse(bundle.decision.final.canonical).payload;
  if (ballots.length === 0) return [];
  const row = (...cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, cell)));
  const rows = ballots.map(({ body }) =>
    row(body.seat, body.vote ?? body.status, body.confidence === undefined ? '' : String(body.confidence)),
  );
  const head = ['Seat', 'Vote', 'Confidence'].map((title) => element('th', { scope: 'col' }, title));
  return [
    element('caption', {}, 'Ballots'),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  ];
}

async function take(file, id) {
  if (!file) return;
  at(id).value = await file.text();
  check();
}

for (const id of ['evidence', 'key', 'policy', 'chain-id', 'contract', 'block']) {
  at(id).addEventListener('input', check);
}
for (const id of ['evidence', 'key', 'policy']) {
  at(`${id}-file`).addEventListener('change', ({ target }) => void take(target.files[0], id));
}
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  void take(event.dataTransfer.files[0], 'evidence');
});
check();

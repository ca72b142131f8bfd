/** The live page: routes, streams and the document. Text only ever enters as text, never as markup. */
import { csrfHeaders } from './account.js';
import { chamber } from './chamber.js';
import { EMPTY, fold, fromView, percent, standing } from './fold.js';
import { EXAMPLES } from './examples.js';

const main = document.querySelector('#main');
const link = document.querySelector('#link');
let leave = () => {};

/** Element with properties, attributes (`aria-…`, `data-…`) and children. */
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-')) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const GLYPHS = {
  approve: '✓',
  approved: '✓',
  reject: '✕',
  rejected: '✕',
  veto: '!',
  held: '‖',
  'not-applicable': '–',
  waiting: '·',
  thinking: '…',
  absent: '?',
  open: '…',
  'not-asked': '·',
};
const WORDS = { 'not-applicable': 'n/a', 'not-asked': 'not asked', open: 'undecided', thinking: 'thinking' };

function chip(state) {
  return element(
    'span',
    { className: 'chip', 'data-state': state, 'data-glyph': GLYPHS[state] },
    WORDS[state] ?? state,
  );
}

function setLink(state, text) {
  link.dataset.state = state;
  link.textContent = text;
  main.classList.toggle('stale', state === 'lost');
  const banner = main.querySelector('.banner');
  if (banner) banner.hidden = state !== 'lost';
}

/** Server-sent events with resume; `again` runs when the stream starts anew after a gap. */
function follow(url, names, handlers) {
  let source;
  let timer;
  let closed = false;
  const open = (after) => {
    source = new EventSource(after === undefined ? url : `${url}?after=${after}`);
    source.addEventListener('open', () => setLink('live', 'live'));
    source.addEventListener('error', (event) => {
      if (closed) return;
      // The node's own word on why it ends the stream: a session that is over does not come back by itself.
      const error = event.data === undefined ? undefined : JSON.parse(event.data).error;
      if (error?.retryable === false) {
        closed = true;
        source.close();
        setLink('lost', error.message);
        return;
      }
      setLink('lost', 'connection lost');
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(() => open(handlers.resumeAfter?.()), 2000);
    });
    for (const name of names)
      source.addEventListener(name, (event) => handlers.event(name, JSON.parse(event.data)));
    source.addEventListener('gap', () => {
      source.close();
      handlers.gap();
      open(handlers.resumeAfter?.());
    });
  };
  open(handlers.resumeAfter?.());
  return () => {
    closed = true;
    clearTimeout(timer);
    source.close();
  };
}

async function call(path, options) {
  const isChange = options?.method !== undefined && options.method !== 'GET';
  const headers = { ...options?.headers, ...(isChange && csrfHeaders()) };
  const response = await fetch(path, { ...options, headers });
  const body = await response.json();
  if (!response.ok)
    throw Object.assign(new Error(body.error?.message ?? response.statusText), { error: body.error });
  return body;
}

const NAMES = [
  'opened',
  'step',
  'round-opened',
  'seat-thinking',
  'ballot',
  'tally',
  'seat-absent',
  'ballot-refused',
  'seat-restarted',
  'round-closed',
  'final',
  'late-ballot',
  'advisory-ballot',
  'resolution',
  'snapshot',
];

function home() {
  const list = element('ol', { className: 'list', id: 'recent' });
  const load = async () => {
    const { items } = await call('/api/v1/decisions?limit=25');
    list.replaceChildren(...items.map(decisionRow));
    if (items.length === 0)
      list.append(element('li', { className: 'soft' }, 'No decision yet. Submit the first one.'));
  };
  main.replaceChildren(
    element(
      'div',
      { className: 'split' },
      submitForm(),
      element('section', { className: 'card' }, element('h2', {}, 'Recent decisions'), list),
    ),
  );
  document.title = 'Witan';
  const reload = () =>
    load().catch((error) => list.replaceChildren(element('li', { className: 'fault' }, error.message)));
  let pending = 0;
  const soon = () => (pending ||= setTimeout(() => ((pending = 0), reload()), 150));
  reload();
  const stop = follow('/api/v1/events', ['opened', 'final', 'resolution'], { event: soon, gap: reload });
  return () => (clearTimeout(pending), stop());
}

function decisionRow(item) {
  const state = item.outcome ?? 'open';
  const value = item.valueBp === null ? '' : percent(item.valueBp);
  const when = new Date(item.openedAt).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  return element(
    'li',
    {},
    element(
      'a',
      { className: 'row', href: `#/d/${item.decisionId}` },
      chip(state),
      element(
        'span',
        { className: 'what' },
        item.type,
        element('span', { className: 'soft small' }, ` ${item.heldReason ?? ''}`),
      ),
      element('span', { className: 'soft small' }, `${value} ${when}`),
    ),
  );
}

function submitForm() {
  const select = element(
    'select',
    { id: 'example' },
    ...EXAMPLES.map(({ name }, index) => element('option', { value: index }, name)),
  );
  const text = element('textarea', { id: 'request', spellcheck: false });
  const button = element('button', { type: 'submit' }, 'Ask the council');
  const fault = element('p', { className: 'fault', role: 'alert', hidden: true });
  const show = () => (text.value = JSON.stringify(EXAMPLES[select.value].request, null, 2));
  select.addEventListener('change', show);
  const form = element(
    'form',
    { className: 'card', id: 'submit' },
    element('h1', {}, 'Ask the council'),
    element(
      'p',
      { className: 'soft' },
      'Twelve seats weigh what an AI system is about to do. The answer is signed and recorded.',
    ),
    element('label', { htmlFor: 'example' }, 'Example'),
    select,
    element('label', { htmlFor: 'request' }, 'Decision (JSON)'),
    text,
    fault,
    button,
  );
  show();
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    fault.hidden = true;
    try {
      location.hash = `#/d/${(await submit(text.value)).decisionId}`;
    } catch (error) {
      const { path, expected } = error.error?.details ?? {};
      fault.textContent = path ? `${error.message} (${path}: expected ${expected})` : error.message;
      fault.hidden = false;
    }
    button.disabled = false;
  });
  return form;
}

function submit(body) {
  // A key of its own: the same text asked again on purpose is another decision.
  const key = `page-${crypto.randomUUID?.() ?? `${performance.timeOrigin}-${performance.now()}`}`;
  const headers = { 'content-type': 'application/json', prefer: 'respond-async', 'idempotency-key': key };
  return call('/api/v1/decisions/evaluate', { method: 'POST', headers, body });
}

function decision(decisionId) {
  let picture = EMPTY;
  let drawn = 0;
  const view = decisionView(decisionId);
  main.replaceChildren(view.root);
  document.title = `Witan · ${decisionId.slice(0, 9)}`;
  const draw = () => (drawn ||= requestAnimationFrame(() => ((drawn = 0), view.update(picture))));
  const stop = follow(`/api/v1/decisions/${decisionId}/events`, NAMES, {
    resumeAfter: () => picture.sequence,
    gap: () => (picture = EMPTY),
    event: (name, data) => {
      picture = name === 'snapshot' ? fromView(data) : fold(picture, data);
      draw();
      if (picture.verdict) complete();
    },
  });
  // The stream is over for this page; where the record stands by now is read once more.
  const complete = () => {
    setTimeout(() => (stop(), setLink('done', 'complete')), 0);
    call(`/api/v1/decisions/${decisionId}`)
      .then(({ verdict }) => {
        if (verdict) picture = { ...picture, verdict };
        draw();
      })
      .catch(() => {});
  };
  call(`/api/v1/decisions/${decisionId}`).catch((error) => {
    if (error.error?.code !== 'not_found' && error.error?.code !== 'invalid_argument') return;
    stop();
    setLink('done', 'nothing to follow');
    main.replaceChildren(
      element(
        'p',
        { className: 'card' },
        `There is no decision ${decisionId}. `,
        element('a', { href: '#/' }, 'All decisions'),
      ),
    );
  });
  return () => (cancelAnimationFrame(drawn), stop());
}

function decisionView(decisionId) {
  const title = element('h1', {}, 'Decision');
  const said = element('p', { className: 'standing', id: 'standing', 'aria-live': 'polite' });
  const svg = chamber({ glyphs: GLYPHS, onPoint: (seatId) => point(seats, seatId) });
  const gauge = gaugeView();
  const steps = element('ol', { className: 'steps', 'aria-label': 'Steps' });
  const seats = element('ul', { className: 'list', id: 'seats' });
  const verdict = element('section', { className: 'card', id: 'verdict', hidden: true });
  const notes = element('ul', { className: 'small soft' });
  const legend = element(
    'p',
    { className: 'legend small soft' },
    ...[
      'arc: weight',
      'fill: confidence',
      '✓ approve',
      '✕ reject',
      '– not applicable (n/a)',
      '! veto',
      '? absent',
    ].map((text) => element('span', {}, text)),
  );
  const root = element(
    'div',
    {},
    element(
      'p',
      { className: 'banner', hidden: true, role: 'alert' },
      'Connection lost. What you see may be old.',
    ),
    element(
      'div',
      { className: 'split wide' },
      element(
        'div',
        {},
        element(
          'section',
          { className: 'card' },
          title,
          element('p', { className: 'soft small' }, element('code', {}, decisionId)),
          svg.root,
          gauge.root,
          said,
          legend,
          steps,
        ),
        verdict,
      ),
      element('section', { className: 'card' }, element('h2', {}, 'Seats'), seats, notes),
    ),
  );
  const update = (picture) => {
    title.textContent = picture.type ? `Decision: ${picture.type}` : 'Decision';
    const text = standing(picture);
    if (said.textContent !== text) said.textContent = text;
    svg.update(picture);
    gauge.update(picture);
    steps.replaceChildren(...picture.steps.map(stepItem));
    updateSeats(seats, picture.seats);
    notes.replaceChildren(...picture.notes.map((note) => element('li', {}, note)));
    verdict.hidden = picture.verdict === null;
    if (picture.verdict) verdict.replaceChildren(...verdictParts(picture));
  };
  return { root, update };
}

function stepItem(step) {
  const who = step.step === 'checks' ? step.by : step.step;
  const parts = [step.result === 'checked' ? '' : step.result, step.risk ? `risk ${step.risk}` : ''].filter(
    Boolean,
  );
  return element(
    'li',
    { title: step.codes.join(', ') },
    `${who}: ${parts.join(', ')} `,
    element('span', { className: 'soft' }, `${step.elapsedMs.toFixed(1)} ms`),
  );
}

function gaugeView() {
  const reach = element('i', { className: 'reach' });
  const now = element('i', { className: 'now' });
  const line = element('i', { className: 'line' });
  const label = element('b', {});
  const root = element('div', { className: 'gauge', 'aria-hidden': 'true' }, reach, now, line, label);
  const update = ({ tally, thresholdBp, verdict }) => {
    const [low, high] = tally?.reachableBp ?? [0, 10000];
    const open = verdict === null;
    root.dataset.state = verdict?.body.outcome ?? 'open';
    reach.hidden = !open;
    reach.style.left = `${low / 100}%`;
    reach.style.width = `${(high - low) / 100}%`;
    now.style.width = `${(tally?.valueBp ?? 0) / 100}%`;
    line.style.left = label.style.left = `${thresholdBp / 100}%`;
    label.textContent = percent(thresholdBp);
  };
  return { root, update };
}

function updateSeats(list, seats) {
  if (list.children.length !== seats.length)
    list.replaceChildren(...seats.map((seat) => seatItem(seat.seat)));
  seats.forEach((seat, index) => {
    const item = list.children[index];
    const key = `${seat.state}/${seat.round}/${seat.ballot?.signature ?? ''}`;
    if (item.dataset.key === key) return;
    item.dataset.key = key;
    const details = item.firstChild;
    const { scoreBp, confidenceBp } = seat.ballot?.body ?? {};
    const figures = seat.ballot
      ? `score ${percent(scoreBp)}, confidence ${percent(confidenceBp)}`
      : seat.note || seat.mandate;
    details.firstChild.replaceChildren(
      element('strong', {}, seat.title),
      chip(seat.state),
      element('span', { className: 'small soft' }, figures),
    );
    details.lastChild.replaceChildren(...reasonItems(seat));
  });
}

function seatItem(seatId) {
  const item = element(
    'li',
    {},
    element('details', { className: 'seat' }, element('summary', {}), element('ul', { className: 'small' })),
  );
  item.dataset.seat = seatId;
  return item;
}

function reasonItems(seat) {
  const evidence = seat.ballot?.evidence ?? [];
  const lines = evidence.flatMap((piece) => piece.reasons.map((reason) => `${reason} (${piece.code})`));
  const shown =
    lines.length > 0 ? lines : evidence.map((piece) => `${piece.evaluator.split('@')[0]}: ${piece.code}`);
  return [seat.mandate, ...shown].filter(Boolean).map((text) => element('li', {}, text));
}

function point(list, seatId) {
  for (const item of list.children) {
    const is = item.dataset.seat === seatId;
    item.firstChild.classList.toggle('pointed', is);
    if (!is) continue;
    item.firstChild.open = true;
    item.scrollIntoView({ block: 'nearest' });
    item.querySelector('summary').focus({ preventScroll: true });
  }
}

function verdictParts({ verdict, seats, resolutions }) {
  const { body, record } = verdict;
  const reasons = seats
    .filter((seat) => seat.state === 'reject' || seat.state === 'veto')
    .flatMap((seat) =>
      seat.ballot.evidence
        .filter((piece) => piece.scoreBp < 5000)
        .flatMap((piece) => piece.reasons.map((reason) => `${seat.title}: ${reason}`)),
    );
  const alternative = body.alternative;
  const facts = [
    ['decided by', body.decidedBy],
    ['risk', body.risk],
    ['rounds', body.rounds],
    ['strict value', body.tally ? percent(body.tally.strictBp) : '–'],
    ['record', `${record.logId} #${record.index}, ${record.state}`],
    ['leaf', element('code', {}, record.leafHash)],
    ['check', element('code', {}, `npx witan verify ${body.decisionId}`)],
  ];
  return [
    element('h2', {}, 'Verdict'),
    element('p', { className: 'outcome' }, chip(body.outcome)),
    reasons.length > 0
      ? element('ul', {}, ...reasons.slice(0, 12).map((reason) => element('li', {}, reason)))
      : null,
    alternative?.text ? element('p', {}, alternative.text) : null,
    alternative?.actions.length
      ? element(
          'div',
          {},
          element('p', { className: 'soft' }, 'What would have to change'),
          element('ul', {}, ...alternative.actions.map((action) => element('li', {}, action))),
        )
      : null,
    alternative?.handOff ? element('p', { className: 'hand-off' }, alternative.handOff) : null,
    element(
      'dl',
      {},
      ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
    ),
    ...resolutions.map((one) =>
      element('p', { className: 'note' }, `${one.by}: ${one.action}. ${one.reason}`),
    ),
  ].filter(Boolean);
}

function navigate() {
  leave();
  setLink('connecting', 'connecting');
  const match = /^#\/d\/([\w-]{1,80})$/.exec(location.hash);
  leave = match ? decision(match[1]) : home();
  main.focus({ preventScroll: true });
}

const toggle = document.querySelector('#theme');
const isDark = () =>
  (document.documentElement.dataset.theme ??
    (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
const label = () => (toggle.textContent = isDark() ? 'Light' : 'Dark');
toggle.addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  label();
});
label();
addEventListener('hashchange', navigate);
navigate();

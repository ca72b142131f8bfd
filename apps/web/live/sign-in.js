/** The sign-in page: providers, password, set-up link, second factor. Text only ever enters as text. */
import { post, readSession } from './account.js';

const step = document.querySelector('#step');
const title = document.querySelector('#title');
const fault = document.querySelector('#fault');
const given = new URLSearchParams(location.hash.slice(1));
// The link's token must not stay in the address, where the next person at the screen finds it.
history.replaceState(null, '', location.pathname);

const WORDS = {
  unauthenticated: 'That did not work. Please try again.',
  permission_denied: 'This account is not let in here.',
  rate_limited: 'Too many attempts. Please wait a while.',
  unavailable: 'The provider does not answer. Please try again later.',
};

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function say(text) {
  fault.textContent = text;
  fault.hidden = text === '';
}

function show(heading, ...children) {
  title.textContent = heading;
  step.replaceChildren(...children);
  (step.querySelector('input') ?? title).focus();
}

/** Only a path of this node; the node checks its own redirects in the same way. */
function returnTo() {
  const path = given.get('return-to') ?? '/';
  return /^\/(?![/\\])/.test(path) ? path : '/';
}

function next(session) {
  if (session.state === 'signed-in') return location.assign(returnTo());
  if (session.state === 'second-factor') return session.user.hasSecondFactor ? askCode() : enrol();
  return ways(session);
}

/** A form of labelled fields; `send` gets their values, and its error is shown. */
function form(fields, label, send) {
  const inputs = fields.map(([name, text, properties]) =>
    element(
      'label',
      { htmlFor: name },
      text,
      element('input', { id: name, name, required: true, ...properties }),
    ),
  );
  const button = element('button', { type: 'submit' }, label);
  const node = element('form', { method: 'post' }, ...inputs, button);
  node.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    say('');
    try {
      await send(Object.fromEntries(new FormData(node)));
    } catch (error) {
      const expected =
        error.code === 'invalid_argument' ? `${error.message}: ${error.details?.expected ?? ''}` : '';
      say(expected || WORDS[error.code] || error.message);
    } finally {
      button.disabled = false;
    }
  });
  return node;
}

function ways({ providers, hasLocalUsers }) {
  const links = providers.map(({ name, title: text }) =>
    element(
      'a',
      {
        className: 'way',
        href: `/auth/login?${new URLSearchParams({ provider: name, returnTo: returnTo() })}`,
      },
      `Sign in with ${text}`,
    ),
  );
  const local = form(
    [
      ['name', 'Name', { autocomplete: 'username', maxLength: 200 }],
      ['password', 'Password', { type: 'password', autocomplete: 'current-password', maxLength: 256 }],
    ],
    'Sign in',
    async (values) => next(await post('/auth/password', values)),
  );
  if (links.length === 0 && !hasLocalUsers) {
    return show('Sign in', element('p', {}, 'Nobody signs in at this node.'));
  }
  show('Sign in', ...links, ...(hasLocalUsers ? [local] : []));
}

function setUp(token) {
  show(
    'Set your password',
    form(
      [['password', 'New password', { type: 'password', autocomplete: 'new-password', maxLength: 256 }]],
      'Set password',
      async ({ password }) => next(await post('/auth/set-up', { token, password })),
    ),
  );
}

const CODE = { inputMode: 'numeric', autocomplete: 'one-time-code', maxLength: 32 };

function askCode() {
  show(
    'Second factor',
    element('p', {}, 'Enter the code of your authenticator, or a recovery code.'),
    form([['code', 'Code', CODE]], 'Continue', async (values) => next(await post('/auth/factor', values))),
  );
}

async function enrol() {
  const { secret, uri } = await post('/auth/factor/enrol', {});
  show(
    'Set up a second factor',
    element('p', {}, 'Your role needs one. Open this in your authenticator, or type the secret into it:'),
    element('p', {}, element('a', { href: uri }, 'Open in authenticator')),
    element('p', {}, element('code', {}, secret)),
    form([['code', 'Code that it shows', CODE]], 'Confirm', async (values) => {
      const { session, recoveryCodes } = await post('/auth/factor/confirm', values);
      recovery(session, recoveryCodes);
    }),
  );
}

function recovery(session, codes) {
  const items = codes.map((code) => element('li', {}, element('code', {}, code)));
  const button = element('button', { type: 'button' }, 'I have kept them');
  button.addEventListener('click', () => next(session));
  show(
    'Recovery codes',
    element('p', {}, 'Each replaces your authenticator once. They are not shown again.'),
    element('ul', { className: 'codes' }, ...items),
    button,
  );
}

async function start() {
  const error = given.get('error');
  if (error) say(WORDS[error] ?? 'That did not work. Please try again.');
  const session = await readSession();
  const token = given.get('set-up');
  return token ? setUp(token) : next(session);
}

start().catch(() => say('The node does not answer.'));

/** Local users of a real node: by command line, over HTTP, and in a real browser with its second factor. */
import axe from 'axe-core';
import { execFile } from 'node:child_process';
import { generateSync } from 'otplib';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import type { UserView } from '../../contracts/messages/identity/sign-in.ts';
import { createHost } from '../../index.ts';
import type { Host } from '../../index.ts';
import { witanCommand } from '../doors/witan-command.ts';
import { assert, suite } from '../harness.ts';

const test = suite('users of a node', { limitMs: 180_000 });
let host: Host;
let url = '';

test.before(async () => {
  host = await createHost({
    dataDir: null,
    settings: {
      http: { port: 0 },
      grpc: { enabled: false },
      signIn: { localUsers: true, passwordCostLn: 14 },
    },
  });
  await host.start();
  url = host.address!.url;
});
test.after(() => host.stop());

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function witan(...args: string[]): Promise<Ran> {
  const all = [...witanCommand(), 'users', ...args, '--url', url, '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, all, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

async function signIn(name: string, password: string): Promise<number> {
  const response = await fetch(`${url}/auth/password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  });
  return response.status;
}

const PASSWORD = 'correct horse battery';

test('a user is made, listed, kept out, let in and set up anew by command', async () => {
  const made = await witan('create', 'ann', '--tenant', 'acme', '--role', 'reader');
  assert.is(made.code, 0, made.err);
  const { link, token } = JSON.parse(made.out) as { link: string; token: string };
  assert.is(link, `${url}/sign-in.html#set-up=${token}`);
  const set = await fetch(`${url}/auth/set-up`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: PASSWORD }),
  });
  assert.is(set.status, 200, await set.text());
  assert.is(await signIn('ann', PASSWORD), 200);
  const id = 'user:local/ann';
  assert.is((await witan('disable', id)).code, 0);
  assert.is(await signIn('ann', PASSWORD), 401);
  const [user] = (await witan('list')).out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as UserView);
  assert.equal([user!.state, user!.sessionCount], ['disabled', 0]);
  assert.is((await witan('enable', id)).code, 0);
  assert.is(await signIn('ann', PASSWORD), 200);
  assert.is((await witan('set-password', id)).code, 0);
  assert.is(await signIn('ann', PASSWORD), 401);
  assert.is((await witan('reset-factor', id)).code, 0);
  assert.is((await witan('disable', 'user:local/nobody')).code, 3);
  assert.is((await witan('create', 'ann', '--role', 'reader')).code, 1);
  assert.is((await witan('create', 'Ann!', '--role', 'reader')).code, 2);
});

async function checkAccess(page: Page): Promise<void> {
  const { violations } = (await page.evaluate(`${axe.source}; axe.run()`)) as axe.AxeResults;
  assert.equal(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
    [],
  );
}

test('an operator sets password and second factor in a browser, signs out and in again', async () => {
  const made = await witan('create', 'root', '--role', 'operator');
  const { link } = JSON.parse(made.out) as { link: string };
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) faults.push(message.text());
    });
    await page.goto(link);
    await page.getByLabel('New password').fill('short');
    await checkAccess(page);
    assert.not.ok(page.url().includes('set-up'));
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('alert').getByText('too easy to guess').waitFor();
    // Browsers report each refusal as a fault of the page.
    faults.length = 0;
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    const secret = (await page.locator('#step code').textContent())!;
    await checkAccess(page);
    await page.getByLabel('Code that it shows').fill(generateSync({ secret }));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByRole('heading', { name: 'Recovery codes' }).waitFor();
    const codes = await page.locator('.codes code').allTextContents();
    assert.is(codes.length, 10);
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.getByText('Signed in as root').waitFor();
    await checkAccess(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Name').fill('root');
    await page.getByLabel('Password').fill(PASSWORD);
    await checkAccess(page);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Code').fill(codes[0]!);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Signed in as root').waitFor();
    assert.equal(faults, []);
  } finally {
    await browser.close();
  }
});

/**
 * The README's commands, run in order as a reader would, in a folder of their own.
 *
 * Each fenced `sh` block is preceded by a directive in a comment:
 *
 *     <!-- ci: run -->                                 runs and leaves with 0
 *     <!-- ci: expect-exit 5 -->                       runs and leaves with 5
 *     <!-- ci: start, ready when "words" -->           runs until the end; ready when it prints the words
 *     <!-- ci: with nats-server: … -->                 one of those above; skipped where no such server is
 *     <!-- ci: not-run: reason -->                     long forms, and what needs data from elsewhere
 *
 * The folder holds links to the checkout, so what a command writes lands there. A started node takes a free
 * port in place of 8470, and another in place of 8471; a NATS server one in place of 4222.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, suite } from '../harness.ts';
import { freePort, NATS_MISSING } from '../nats-server.ts';
import { runBlock, startBlock } from './readme-blocks.ts';
import type { StartedBlock } from './readme-blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const NOT_RUN = /^npm test$|^npm run (bench|chaos|chaos:ledger|sim|soak|tamper)\b|--data DIR\b/;
const test = suite('readme', { limitMs: 330_000 });

interface Block {
  readonly directive: string | undefined;
  readonly line: number;
  readonly script: string;
}

const blocks = [...README.matchAll(/(?:<!-- ci: ([^\n]*?) -->\n\n)?```sh\n([\s\S]*?)```/g)].map(
  (match): Block => {
    const line = README.slice(0, match.index).split('\n').length;
    return { directive: match[1], line, script: match[2]! };
  },
);

const folder = mkdtempSync(join(tmpdir(), 'witan-readme-'));
const started: StartedBlock[] = [];
let url = 'http://127.0.0.1:8470';
let grpc = '127.0.0.1:8471';

test.before(() => {
  for (const name of readdirSync(ROOT)) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, name), join(folder, name));
  }
});
test.after(async () => {
  for (const block of started) await block.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the README is short, and one command that works stands before line 30', () => {
  assert.ok(README.split('\n').length <= 201, `${README.split('\n').length} lines`);
  const first = blocks.find(({ directive }) => directive?.startsWith('start'));
  assert.ok(first && first.line < 30, `line ${first?.line}`);
});

test('every block says how it is run, and only long forms are not', () => {
  assert.ok(blocks.length >= 8, `${blocks.length} blocks`);
  assert.is(blocks.length, README.match(/^```(sh|bash|console|shell)$/gm)?.length);
  for (const { directive, line, script } of blocks) {
    assert.match(
      directive ?? '',
      /^((with nats-server: )?(run|expect-exit \d+|start, ready when ".+")|not-run: .+)$/,
      `line ${line}`,
    );
    if (!directive!.startsWith('not-run')) continue;
    for (const command of script.trim().split('\n')) {
      assert.match(command, NOT_RUN, `line ${line}: ${command}`);
    }
  }
});

test('every link within the project leads somewhere', () => {
  const links = [...README.matchAll(/\]\(([^)#]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)].map(
    ([, a, b]) => (a ?? b)!,
  );
  const local = links.filter((link) => !/^https?:/.test(link));
  assert.ok(local.length >= 15, `${local.length} links`);
  assert.equal(
    local.filter((link) => !existsSync(join(ROOT, link))),
    [],
  );
});

const NEEDS_NATS = /^with nats-server: /;
const natsPort = await freePort();

/** The block with a free port for its server, which may stand where only root looks. */
function onFreePort(script: string): string {
  const moved = script
    .replaceAll('127.0.0.1:4222', `127.0.0.1:${natsPort}`)
    .replaceAll('--port 4222', `--port ${natsPort}`);
  return `PATH=$PATH:/usr/sbin\n${moved}`;
}

for (const block of blocks) {
  const { line } = block;
  const needsNats = NEEDS_NATS.test(block.directive ?? '');
  const directive = (block.directive ?? '').replace(NEEDS_NATS, '');
  const script = needsNats ? onFreePort(block.script) : block.script;
  const what = `line ${line}: ${block.script.trim().split('\n')[0]}`;
  if (needsNats && NATS_MISSING) {
    test.skip(what, NATS_MISSING);
    continue;
  }
  const words = /^start, ready when "(.+)"$/.exec(directive)?.[1];
  if (words !== undefined) {
    test(what, async ({ signal }) => {
      const running = await startBlock(script, { folder, words, signal });
      started.push(running);
      // What is run without words about it is run against the first node.
      if (needsNats) return;
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(running.out)?.[0] ?? url;
      grpc = /gRPC +(127\.0\.0\.1:\d+)/.exec(running.out)?.[1] ?? grpc;
    });
  } else if (!directive.startsWith('not-run')) {
    const expected = Number(/^expect-exit (\d+)$/.exec(directive)?.[1] ?? 0);
    test(what, async ({ signal }) => {
      const asStarted = script.replaceAll('http://127.0.0.1:8470', url).replaceAll('127.0.0.1:8471', grpc);
      const { code, out } = await runBlock(asStarted, { folder, signal });
      assert.is(code, expected, out.slice(-4_000));
      assert.ok(out.trim().length > 0, 'it prints nothing');
    });
  }
}

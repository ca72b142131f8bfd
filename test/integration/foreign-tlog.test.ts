/** A reader of tiled logs that is not ours: Go's checksum-database libraries against a node. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHost } from '../../index.ts';
import { assert, suite } from '../harness.ts';

const test = suite('Go reads the log (golang.org/x/mod/sumdb)', { limitMs: 300_000 });
const run = promisify(execFile);
const GO_PATH = '/usr/share/gocode';
const isHere = existsSync('/usr/bin/go') && existsSync(join(GO_PATH, 'src/golang.org/x/mod/sumdb/tlog'));
const MISSING = isHere ? undefined : 'Go is not here: apt-get install golang-go golang-golang-x-mod-dev';

if (MISSING) test.skip('checkpoint, tiles, inclusion and every extension', MISSING);
else
  test('checkpoint, tiles, inclusion and every extension', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-foreign-tlog-'));
    const dataDir = join(folder, 'data');
    const settings = {
      http: { port: 0 },
      grpc: { enabled: false },
      log: { public: true, publishEveryMs: 50 },
    };
    const host = await createHost({ dataDir, settings });
    try {
      await host.start();
      // More than one tile of leaves.
      const base = host.address!.url;
      const event = { event_type: 'test', agent_id: 'go', action: 'append', result: 'x' };
      for (let at = 0; at < 300; at += 1) {
        const sent = await fetch(`${base}/audit/event`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...event, result: String(at) }),
        });
        assert.is(sent.status, 200, await sent.text());
      }
      const { body } = await host.submit({ type: 'chat', text: 'What is the capital of Portugal?' });
      const proof = (await (await fetch(`${base}/api/v1/log/proof/${body.decisionId}`)).json()) as {
        index: number;
        entry: string;
      };
      const file = join(folder, 'entry.json');
      writeFileSync(file, proof.entry);
      const key = /^log (\S+)/m.exec(readFileSync(join(dataDir, 'trust-policy.txt'), 'utf8'))![1]!;
      const program = join(import.meta.dirname, 'foreign-tlog/main.go');
      const env = { ...process.env, GO111MODULE: 'off', GOPATH: GO_PATH, GOFLAGS: '' };
      const read = (index: number, entry: string): Promise<{ stdout: string }> =>
        run('go', ['run', program, `${base}/api/v1/log`, key, String(index), entry], { env });
      const { stdout } = await read(proof.index, file);
      assert.ok(Number(stdout) > 300);
      writeFileSync(file, proof.entry.replace('"final"', '"finaL"'));
      const error = await read(proof.index, file).then(
        () => undefined,
        (thrown: { stderr: string }) => thrown.stderr,
      );
      assert.match(error ?? '', /invalid transparency proof/);
    } finally {
      await host.stop({ graceMs: 0 });
      rmSync(folder, { recursive: true, force: true });
    }
  });

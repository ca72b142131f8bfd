/** The `.proto` files: clean, generated anew the same, and without a breaking change, which a planted one shows. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BASELINE, buf, GEN_FOLDER, generateProto } from '../../tools/proto/generate.ts';
import { assert, suite } from '../harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMAGE = join(ROOT, BASELINE);
const test = suite('proto', { limitMs: 60_000 });

test('buf lint finds nothing', () => {
  const { status, output } = buf(['lint']);
  assert.is(status, 0, output);
});

test('the generated types are what the .proto files give', () => {
  const made = generateProto();
  assert.equal(
    readdirSync(join(ROOT, GEN_FOLDER))
      .map((name) => `${GEN_FOLDER}/${name}`)
      .sort(),
    [...made.keys()].sort(),
  );
  for (const [path, text] of made) {
    assert.is(
      readFileSync(join(ROOT, path), 'utf8') === text,
      true,
      `${path} is old: tools/proto/write-proto.ts`,
    );
  }
});

test('nothing breaks a client of the published messages', () => {
  const { status, output } = buf(['breaking', '--against', IMAGE]);
  assert.is(status, 0, output);
});

test('what breaking changes are held against holds every message that stands today', () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-baseline-'));
  try {
    const built = join(folder, 'image.binpb');
    const { status, output } = buf(['build', '--exclude-source-info', '-o', built]);
    assert.is(status, 0, output);
    const isSame = readFileSync(built).equals(readFileSync(IMAGE));
    assert.ok(isSame, `${BASELINE} is old: tools/proto/write-proto.ts --baseline, once nothing breaks`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const [what, file, from, to] of [
  ['a field that is gone', 'decision.proto', '  string content = 3;\n', ''],
  ['a newer field that is gone', 'decision.proto', '  optional SubjectList subjects = 13;\n', ''],
  ['another number of a newer field', 'proof.proto', 'RecordProof erasure = 6', 'RecordProof erasure = 9'],
  ['another type', 'evidence.proto', 'int32 score_bp = 4', 'int64 score_bp = 4'],
  ['another number', 'ballot.proto', 'string seat = 4', 'string seat = 24'],
  [
    'a method that is gone',
    'operator_service.proto',
    '  rpc Pause(PauseRequest) returns (PauseResponse);\n',
    '',
  ],
  ['a value that is gone', 'verdict.proto', '  OUTCOME_HELD = 3;\n', ''],
] as const) {
  test(`${what} is found as a breaking change`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'witan-breaking-'));
    try {
      cpSync(join(ROOT, 'contracts/proto/buf.yaml'), join(folder, 'buf.yaml'));
      cpSync(join(ROOT, 'contracts/proto/witan'), join(folder, 'witan'), { recursive: true });
      assert.is(buf(['breaking', '--against', IMAGE], folder).status, 0);
      const path = join(folder, 'witan/v1', file);
      const text = readFileSync(path, 'utf8');
      assert.ok(text.includes(from), from);
      writeFileSync(path, text.replace(from, to));
      const { status, output } = buf(['breaking', '--against', IMAGE], folder);
      assert.is.not(status, 0, 'the change was not found');
      assert.match(output, file);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

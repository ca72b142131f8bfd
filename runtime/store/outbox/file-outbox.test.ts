import fc from 'fast-check';
import { WitanError } from '../../../contracts/errors.ts';
import { assert, suite } from '../../../test/harness.ts';
import { MemoryDisk } from '../segment/memory-disk.ts';
import { openFileOutbox } from './file-outbox.ts';

const test = suite('outbox in a file');
const FOLDER = '/data/outbox';
const PATH = `${FOLDER}/outbox.log`;
const open = (fs: MemoryDisk) => openFileOutbox({ folder: FOLDER, fs });

async function refusal(work: Promise<unknown>): Promise<WitanError> {
  return work.then(
    () => assert.unreachable('it was taken') as never,
    (error: WitanError) => error,
  );
}

/** A disk with records of these values. */
async function diskOf(values: readonly unknown[]): Promise<MemoryDisk> {
  const fs = new MemoryDisk();
  const outbox = await open(fs);
  for (const value of values) await outbox.append(value);
  await outbox.close();
  return fs;
}

test('what was appended is there again, in order, after a compaction too', async () => {
  const fs = await diskOf([{ a: 1 }, 'zwei\n', null, ['é', 4]]);
  const outbox = await open(fs);
  assert.equal(outbox.records(), [{ a: 1 }, 'zwei\n', null, ['é', 4]]);
  await outbox.compact([{ all: 4 }]);
  await outbox.append('five');
  await outbox.close();
  assert.equal((await open(fs)).records(), [{ all: 4 }, 'five']);
});

test('an append resolves only after a sync of the file', async () => {
  const fs = new MemoryDisk();
  const outbox = await open(fs);
  await outbox.append(1);
  const done = fs.operations.filter(({ path }) => path === PATH).map(({ kind }) => kind);
  assert.equal(done.slice(-2), ['write', 'datasync']);
});

test('a crash at any moment keeps every acknowledged record, whatever sectors are lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 1_500 }), { minLength: 1, maxLength: 6 }),
      fc.string({ maxLength: 3_000 }),
      fc.func(fc.boolean()),
      async (acknowledged, last, keeps) => {
        const fs = await diskOf(acknowledged);
        const outbox = await open(fs);
        fs.fault = ({ kind }) => (kind === 'datasync' ? 'EIO' : undefined);
        assert.is((await refusal(outbox.append(last))).code, 'storage_failed');
        assert.is((await refusal(outbox.append('more'))).code, 'storage_failed');
        const after = fs.crash((path, sector) => keeps(path, sector));
        const again = await open(after);
        const found = again.records();
        assert.equal(found.slice(0, acknowledged.length), acknowledged);
        assert.ok(found.length <= acknowledged.length + 1);
        await again.append('next');
        await again.close();
        assert.equal((await open(after)).records().at(-1), 'next');
      },
    ),
    { numRuns: 60 },
  );
});

test('a crash in a compaction leaves all or the short form', async () => {
  for (const kind of ['create', 'write', 'datasync', 'rename', 'sync-folder'] as const) {
    const fs = await diskOf([1, 2, 3]);
    const outbox = await open(fs);
    fs.fault = (operation) => (operation.kind === kind ? 'EIO' : undefined);
    assert.is((await refusal(outbox.compact(['short']))).code, 'storage_failed');
    const after = fs.crash(() => true);
    const found = (await open(after)).records();
    assert.ok(found.length === 3 || found.length === 1, kind);
  }
});

test('a torn end is cut off; any other damage is named with its offset', async () => {
  const values = ['one', 'two', 'three'];
  const length = (await diskOf(values)).bytes(PATH).length;
  const starts = [0, 1, 2].map((at) => offsetOf(values.slice(0, at)));
  for (let at = 0; at < length; at += 1) {
    const fs = await diskOf(values);
    fs.tamper(PATH, (bytes) => (bytes[at]! ^= 1));
    const isLast = at >= starts[2]!;
    const found = await open(fs).then(
      (outbox) => outbox.records(),
      (error: WitanError) => error,
    );
    if (isLast) assert.equal(found, ['one', 'two'], `byte ${at}`);
    else {
      assert.instance(found, WitanError, `byte ${at}`);
      const { code, details } = found as WitanError;
      assert.is(code, 'verification_failed');
      assert.is(details['offset'], at < starts[1]! ? 0 : starts[1]);
    }
  }
});

test('a record that is missing in the middle is damage', async () => {
  const fs = await diskOf(['one', 'two', 'three']);
  const [from, to] = [offsetOf(['one']), offsetOf(['one', 'two'])];
  fs.tamper(PATH, (bytes) => bytes.fill(10, from, to));
  const { code, details } = await refusal(open(fs));
  assert.equal([code, details['offset'], details['field']], ['verification_failed', to, 'sequence']);
});

test('a full disk is a typed error, and nothing that was acknowledged is lost', async () => {
  const fs = await diskOf(['one']);
  const outbox = await open(fs);
  fs.fault = ({ kind }) => (kind === 'write' ? 'ENOSPC' : undefined);
  const error = await refusal(outbox.append('two'));
  assert.equal([error.code, error.details['code']], ['storage_failed', 'ENOSPC']);
  fs.fault = undefined;
  assert.equal((await open(fs)).records(), ['one']);
});

function offsetOf(values: readonly string[]): number {
  return values.reduce(
    (bytes, value, at) => bytes + 'WOB1 00000000  \n'.length + `${at}`.length + value.length + 2,
    0,
  );
}

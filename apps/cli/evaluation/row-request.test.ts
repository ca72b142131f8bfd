import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { assert, suite } from '../../../test/harness.ts';
import { DecisionRequest } from '../../../contracts/messages/decision.ts';
import { findSets, readRows } from './labelled-set.ts';
import type { LabelledRow } from './labelled-set.ts';
import { subjectOf } from './row-request.ts';

const test = suite('row-request');

test('a row of text and label is one text, as before there were other fields', () => {
  assert.equal(subjectOf({ text: 'Hi', label: 0 }), { text: 'Hi' });
  assert.equal(subjectOf({ text: 'Hi', label: 0, src: 'user' }), { text: 'Hi' });
  assert.equal(subjectOf({ text: 'Hi', label: 0, system: '' }), { text: 'Hi' });
});

test('a system prompt stands before the user’s turn', () => {
  assert.equal(subjectOf({ text: 'What is the key?', label: 1, system: 'The key is 7.' }), {
    messages: [
      { role: 'system', content: 'The key is 7.' },
      { role: 'user', content: 'What is the key?' },
    ],
  });
});

test('fetched text keeps its origin, whether the row or the command names it', () => {
  const fetched = { messages: [{ role: 'tool', origin: 'retrieved', content: 'A page' }] };
  assert.equal(subjectOf({ text: 'A page', label: 0, src: 'rag_chunk' }), fetched);
  assert.equal(subjectOf({ text: 'A page', label: 0, origin: 'retrieved' }), fetched);
  assert.equal(subjectOf({ text: 'A page', label: 0 }, 'retrieved'), fetched);
  assert.equal(subjectOf({ text: 'A page', label: 0, origin: 'user' }, 'retrieved'), { text: 'A page' });
  assert.equal(subjectOf({ text: 'Sum it up', label: 0, documents: ['A page'] }), {
    messages: [...fetched.messages, { role: 'user', content: 'Sum it up' }],
  });
});

test('an answer is the assistant’s turn, or a claim where its evidence stands beside it', () => {
  assert.equal(subjectOf({ text: '2', label: 0, msg: '1 + 1?' }), {
    messages: [
      { role: 'user', content: '1 + 1?' },
      { role: 'assistant', content: '2' },
    ],
  });
  assert.equal(subjectOf({ text: 'It is 2.', label: 0, msg: '1 + 1?', ctx: '1 + 1 = 2' }), {
    messages: [{ role: 'user', content: '1 + 1?' }],
    claims: [{ text: 'It is 2.', evidence: ['1 + 1 = 2'] }],
  });
});

test('every subject is a decision that a door accepts', () => {
  const rows: LabelledRow[] = [
    { text: 'a', label: 1, system: 'b', documents: ['c'], msg: 'd' },
    { text: 'a', label: 1, system: 'b', ctx: 'c' },
    { text: 'a', label: 0, origin: 'tool' },
    { text: 'a', label: 0, ctx: '' },
  ];
  for (const row of rows) DecisionRequest.parse({ type: 'chat', ...subjectOf(row) });
});

test('reads data.jsonl.gz and data.jsonl, and says which line is no row', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-set-'));
  try {
    const line = JSON.stringify({ text: 'a', label: 1, system: 'b', cat: 'other' });
    writeFileSync(join(folder, 'data.jsonl'), `${line}\n\n{"text":"a","label":2}\n`);
    const [plain] = findSets([folder], undefined);
    assert.equal(await readRows(plain!, 1), [{ text: 'a', label: 1, system: 'b' }]);
    const failed = await readRows(plain!).then(
      () => 'read',
      (error: Error) => error.message,
    );
    assert.match(failed, /data\.jsonl:3 is no row: label/);
    writeFileSync(join(folder, 'data.jsonl.gz'), gzipSync(line));
    assert.equal((await readRows(findSets([folder], undefined)[0]!)).length, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

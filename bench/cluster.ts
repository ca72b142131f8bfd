/**
 * `bench cluster`: actors of another process behind the same refs, beside bare NATS in the same run; rounds
 * of a council whose seats live there; the codec beside `JSON`; local asks with and without a cluster.
 */
import { NATS_MISSING, startNats } from '../test/nats-server.ts';
import { CODEC_MESSAGES, codecSubjects, measureCodec } from './cluster/codec.ts';
import {
  bareAsks,
  bareRounds,
  bareTells,
  councilRounds,
  councilSessions,
  localAsks,
  openNear,
  readyRounds,
  remoteAsks,
  remoteTells,
} from './cluster/links.ts';
import type { Near } from './cluster/links.ts';
import { median, short } from './report/figure.ts';
import { machineLine } from './report/machine.ts';
import { printJson, progress } from './report/row.ts';
import type { BenchOptions, Row } from './report/row.ts';
import { printTable } from './report/table.ts';

interface LinkCase {
  readonly name: string;
  readonly peer: string;
  readonly target: number;
  readonly subject: string;
  readonly measure: (near: Near, scale: number) => Promise<number>;
  readonly measurePeer: (near: Near, scale: number) => Promise<number>;
}

const LINK_CASES: readonly LinkCase[] = [
  {
    ...{ name: 'tells', subject: 'remote ref', peer: 'bare publish', target: 0.6 },
    measure: (near, scale) => remoteTells(near, 300_000 * scale),
    measurePeer: (near, scale) => bareTells(near, 300_000 * scale),
  },
  {
    ...{ name: 'asks, 64 in flight', subject: 'remote ref', peer: 'bare request', target: 0.8 },
    measure: (near, scale) => remoteAsks(near, 40_000 * scale, 64),
    measurePeer: (near, scale) => bareAsks(near, 40_000 * scale, 64),
  },
  {
    ...{ name: 'asks, one at a time', subject: 'remote ref', peer: 'bare request', target: 0 },
    measure: (near, scale) => remoteAsks(near, 4_000 * scale, 1),
    measurePeer: (near, scale) => bareAsks(near, 4_000 * scale, 1),
  },
  {
    ...{ name: 'local asks, 64 in flight', subject: 'clustered node', peer: 'node alone', target: 0.9 },
    measure: (near, scale) => localAsks(near, 600_000 * scale, true),
    measurePeer: (near, scale) => localAsks(near, 600_000 * scale, false),
  },
  {
    ...{ name: 'council round', subject: 'twelve remote seats', peer: 'bare requestMany', target: 0.6 },
    measure: (near, scale) => councilRounds(near, 'unsigned', 2_000 * scale),
    measurePeer: (near, scale) => bareRounds(near, 4_000 * scale),
  },
  {
    ...{ name: 'council round, ballots ready', subject: 'twelve remote seats', peer: 'bare requestMany' },
    target: 0.6,
    measure: (near, scale) => readyRounds(near, 2_000 * scale),
    measurePeer: (near, scale) => bareRounds(near, 4_000 * scale),
  },
  {
    ...{ name: 'council round, signed', subject: 'twelve remote seats', peer: 'bare requestMany', target: 0 },
    measure: (near, scale) => councilRounds(near, 'signed', 400 * scale),
    measurePeer: (near, scale) => bareRounds(near, 4_000 * scale),
  },
  {
    ...{ name: 'deliberation, signed', subject: 'council here, seats there', peer: 'bare requestMany' },
    target: 0,
    measure: (near, scale) => councilSessions(near, 300 * scale),
    measurePeer: (near, scale) => bareRounds(near, 4_000 * scale),
  },
];

const NAMES = ['codec', ...LINK_CASES.map(({ name }) => name)];

/** Runs the cases that begin with a name in `names`, or all. @throws RangeError for an unknown case */
export async function benchCluster({ json, quick, markdown, names }: BenchOptions): Promise<void> {
  const unknown = names.filter((name) => !NAMES.some((known) => known.startsWith(name)));
  if (unknown.length > 0)
    throw new RangeError(`no case ${unknown.join(', ')}; there are: ${NAMES.join(', ')}`);
  const isAsked = (name: string): boolean =>
    names.length === 0 || names.some((start) => name.startsWith(start));
  const rows: Row[] = isAsked('codec') ? codecRows(quick ? 3 : 9, quick ? 60 : 250) : [];
  const cases = LINK_CASES.filter(({ name }) => isAsked(name));
  if (cases.length > 0) rows.push(...(await linkRows(cases, quick)));
  progress('');
  if (json) return rows.forEach(printJson);
  process.stdout.write(`${machineLine()}\n`);
  const lines = rows.map((row) => [
    ...[row.case, row.subject, row.metric, `${short(row.value!)} ${row.unit}`],
    ...[row.peer ?? '', row.ratio === undefined ? '' : `${row.ratio.toFixed(2)}×`],
    row.target === undefined ? '' : `${row.target} ${row.isReached ? 'reached' : 'MISSED'}`,
  ]);
  printTable(['case', 'subject', 'metric', 'value', 'peer', 'ratio', 'target'], lines, markdown);
}

function codecRows(rounds: number, roundMs: number): Row[] {
  const subjects = codecSubjects();
  const rows: Row[] = [];
  for (const [name, message] of Object.entries(CODEC_MESSAGES)) {
    progress(`codec, ${name} …`);
    const figures = subjects.map(() => ({
      encodeUs: [] as number[],
      decodeUs: [] as number[],
      bytes: [] as number[],
    }));
    for (let round = 0; round < rounds + 1; round += 1) {
      subjects.forEach((subject, at) => {
        const measured = measureCodec(subject, message, roundMs);
        // The first round is for the compiler.
        if (round === 0) return;
        for (const metric of ['encodeUs', 'decodeUs', 'bytes'] as const)
          figures[at]![metric].push(measured[metric]);
      });
    }
    for (const [metric, unit] of [
      ['encodeUs', 'µs'],
      ['decodeUs', 'µs'],
      ['bytes', 'B'],
    ] as const) {
      const [value, peer] = figures.map((figure) => median(figure[metric])) as [number, number];
      rows.push({
        ...{ bench: 'cluster', case: `codec, ${name}`, subject: 'codec', metric, value, unit },
        ...{ peer: 'JSON', ratio: value / peer },
      });
    }
  }
  return rows;
}

async function linkRows(cases: readonly LinkCase[], quick: boolean): Promise<Row[]> {
  if (NATS_MISSING !== undefined) throw new Error(NATS_MISSING);
  const scale = quick ? 0.3 : 1;
  const figures = new Map<string, [number[], number[]]>();
  const server = await startNats({ jetStream: false });
  try {
    const near = await openNear(server.url);
    for (let round = 0; round <= (quick ? 3 : 7); round += 1) {
      progress(`round ${round} …`);
      for (const { name, measure, measurePeer } of cases) {
        // Whoever goes first changes each round.
        const first = round % 2 === 0 ? await measure(near, scale) : await measurePeer(near, scale);
        const second = round % 2 === 0 ? await measurePeer(near, scale) : await measure(near, scale);
        if (round === 0) continue;
        const [own, peer] = figures.get(name) ?? [[], []];
        own.push(round % 2 === 0 ? first : second);
        peer.push(round % 2 === 0 ? second : first);
        figures.set(name, [own, peer]);
      }
    }
    await near.close();
  } finally {
    await server.end();
  }
  return cases.flatMap(({ name, subject, peer, target }): Row[] => {
    const [own, others] = figures.get(name)!;
    const shared = { bench: 'cluster', case: name, metric: 'rate', unit: '/s' } as const;
    const ratio = median(own) / median(others);
    const goal = target === 0 ? {} : { target: `≥ ${target}×`, isReached: ratio >= target };
    return [
      { ...shared, subject, value: median(own), peer, ratio, ...goal },
      { ...shared, subject: peer, value: median(others) },
    ];
  });
}

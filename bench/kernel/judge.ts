/** From standings to rows: ratios to the peers, targets reached or missed. */
import type { Row } from '../report/row.ts';
import type { KernelCase, Target } from './case-list.ts';
import type { Standing } from './contest.ts';

const PEERS = ['nact', 'ring'] as const;

/** Rows of a case: this kernel beside each peer, every other subject beside nact. */
export function rowsOf(kase: KernelCase, standings: readonly Standing[]): readonly Row[] {
  return standings.flatMap((standing) => {
    const { subject, medians, note } = standing;
    if (!medians) {
      const [metric, unit] = Object.entries(kase.units)[0]!;
      return [
        { bench: 'kernel', case: kase.name, subject, metric, value: null, unit, ...(note && { note }) },
      ];
    }
    return Object.entries(medians).flatMap(([metric, value]) => {
      const row: Row = {
        bench: 'kernel',
        case: kase.name,
        subject,
        metric,
        value,
        unit: kase.units[metric] ?? '',
      };
      const peers = PEERS.filter((peer) => peer !== subject && (peer === 'nact' || subject === 'witan'));
      const beside = peers.flatMap((peer) =>
        compared(row, kase, { peer, value: figureOf(standings, peer, metric) }),
      );
      return beside.length > 0 ? beside : [{ ...row, ...verdict(kase, row, undefined) }];
    });
  });
}

interface PeerFigure {
  readonly peer: (typeof PEERS)[number];
  readonly value: number | undefined;
}

function compared(row: Row, kase: KernelCase, { peer, value }: PeerFigure): Row[] {
  // A ratio of counts of errors or to nothing says nothing.
  if (value === undefined || value === 0 || row.unit === '' || row.value === null) return [];
  const beside = { ...row, peer, ratio: row.value / value };
  return [{ ...beside, ...verdict(kase, beside, peer) }];
}

function figureOf(standings: readonly Standing[], peer: string, metric: string): number | undefined {
  return standings.find(({ subject }) => subject === peer)?.medians?.[metric];
}

function verdict(kase: KernelCase, row: Row, peer: string | undefined): Pick<Row, 'target' | 'isReached'> {
  if (row.subject !== 'witan') return {};
  // A bound on the figure itself is shown once: beside nact, or alone.
  const target = kase.targets.find(
    (one) => one.metric === row.metric && (one.peer === peer || (one.peer === undefined && peer !== 'ring')),
  );
  if (!target) return {};
  const measured = target.peer === undefined ? row.value : row.ratio;
  return { target: targetText(target, row.unit), isReached: isWithin(target, measured ?? Number.NaN) };
}

function isWithin({ atLeast = -Infinity, atMost = Infinity }: Target, measured: number): boolean {
  return measured >= atLeast && measured <= atMost;
}

function targetText({ peer, atLeast, atMost }: Target, unit: string): string {
  if (peer !== undefined) return `≥ ${atLeast} × ${peer}`;
  return `${atLeast === undefined ? '≤' : '≥'} ${atLeast ?? atMost}${unit === '' ? '' : ` ${unit}`}`;
}

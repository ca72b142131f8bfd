/**
 * A deliberation on the terminal: lines as events come, or a table that is redrawn where that is possible.
 */
import type { Ballot } from '../../contracts/messages/ballot.ts';
import { ballotVote } from '../../contracts/messages/ballot.ts';
import type { DecisionEvent } from '../../contracts/messages/events.ts';
import type { Outcome, Tally, Verdict } from '../../contracts/messages/verdict.ts';
import type { Style, Terminal } from './terminal.ts';

const VOTES = {
  approve: { glyph: '✓', word: 'approve', style: 'good' },
  reject: { glyph: '✕', word: 'reject', style: 'bad' },
  'not-applicable': { glyph: '–', word: 'n/a', style: 'soft' },
} as const satisfies Record<string, { glyph: string; word: string; style: Style }>;

const OUTCOMES = { approved: 'good', rejected: 'bad', held: 'warn' } as const satisfies Record<string, Style>;

/** Exit code of each outcome. */
export const OUTCOME_EXIT_CODES: Readonly<Record<Outcome, number>> = { approved: 0, rejected: 5, held: 6 };

/** Writes what each event means; knows titles from the `opened` event. */
export class DeliberationView {
  readonly #terminal: Terminal;
  readonly #titles = new Map<string, string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** One event, in order. */
  show(event: DecisionEvent): void {
    const { line, paint } = this.#terminal;
    switch (event.type) {
      case 'opened':
        for (const card of event.seats) this.#titles.set(card.seat, card.title);
        return line(`${paint('strong', event.decisionId)}  ${event.decisionType}`);
      case 'step': {
        const { step, result, by, risk, elapsedMs } = event.step;
        if (step === 'council' || step === 'record') return;
        const detail = [result, risk === null ? '' : `risk ${risk}`].filter(Boolean).join(', ');
        const who = by.replace(/^policy@sha256:(.{12}).*/, '$1').padEnd(14);
        return line(`  ${step.padEnd(8)} ${who} ${detail.padEnd(24)} ${this.#took(elapsedMs)}`);
      }
      case 'round-opened':
        return line(`  round ${event.round}  ${event.seats.length} seats, ${Math.round(event.budgetMs)} ms`);
      case 'ballot':
        return this.#ballot(event.seat, event.ballot, event.elapsedMs);
      case 'tally':
        return this.#terminal.progress(`  ${standing(event.tally)}`);
      case 'seat-absent':
        return line(
          `    ${paint('warn', '?')} ${this.#title(event.seat)} absent: ${event.reason} ` +
            paint('soft', event.detail),
        );
      case 'ballot-refused':
        return line(`    ${paint('warn', '!')} a ballot of ${event.seat} was refused: ${event.reason}`);
      case 'seat-restarted':
        return line(`    ${paint('warn', '↻')} ${this.#title(event.seat)} restarted (${event.restarts})`);
      case 'round-closed':
        return line(`  round ${event.round} closed: ${event.why}`);
      case 'late-ballot':
        return line(`    ${paint('soft', `${event.seat} voted too late; recorded, not counted`)}`);
      case 'advisory-ballot':
        return line(
          `    ${paint('soft', `${event.agent} advises ${ballotVote(event.ballot.body)}; not counted`)}`,
        );
      case 'resolution':
        return line(`  ${event.by}: ${event.action}. ${event.reason}`);
      case 'seat-thinking':
        return;
      case 'final':
        return this.verdict(event.verdict);
    }
  }

  /** The verdict with its reasons and where it is recorded. */
  verdict({ body, ballots, record }: Verdict): void {
    const { line, paint } = this.#terminal;
    const { tally, outcome } = body;
    const value =
      tally === null
        ? ''
        : `  ${percent(tally.valueBp)} of ${percent(tally.thresholdBp)} (strict ${percent(tally.strictBp)})`;
    const why = body.heldReason === null ? '' : `: ${body.heldReason}`;
    line(
      `  ${paint(OUTCOMES[outcome], outcome.toUpperCase() + why)} ` +
        `by ${body.decidedBy}, risk ${body.risk}${value}`,
    );
    for (const reason of reasonsOf(ballots)) line(`    · ${shortened(reason)}`);
    for (const action of body.alternative?.actions ?? []) line(`    → ${action}`);
    if (body.alternative?.handOff)
      for (const text of body.alternative.handOff.split('\n')) line(`    ${paint('warn', text)}`);
    line(`  record   ${record.logId} #${record.index}, ${record.state}  ${paint('soft', record.leafHash)}`);
  }

  #ballot(seat: string, ballot: Ballot, elapsedMs: number): void {
    const { line, paint } = this.#terminal;
    const { scoreBp, confidenceBp, veto } = ballot.body;
    const vote = VOTES[ballotVote(ballot.body)];
    const [reason = ''] = ballot.evidence
      .filter((evidence) => evidence.scoreBp < 5_000)
      .flatMap((evidence) => evidence.reasons);
    const figures = `${percent(scoreBp).padStart(6)} × ${percent(confidenceBp).padStart(6)}`;
    const mark = veto === null ? '' : paint('warn', ` VETO ${veto}`);
    const told = reason === '' ? '' : `  ${reason.slice(0, 90)}`;
    const cast = paint(vote.style, `${vote.glyph} ${this.#title(seat)} ${vote.word.padEnd(8)}`);
    line(`    ${cast}${figures}  ${this.#took(elapsedMs)}${mark}${told}`);
  }

  #took(elapsedMs: number): string {
    return this.#terminal.paint('soft', `${elapsedMs.toFixed(1)} ms`);
  }

  #title(seat: string): string {
    return (this.#titles.get(seat) ?? seat).padEnd(15);
  }
}

function reasonsOf(ballots: readonly Ballot[]): string[] {
  const against = ballots.filter((ballot) => ballot.body.scoreBp < 5_000 || ballot.body.veto !== null);
  return against.flatMap((ballot) => {
    const findings = ballot.evidence.filter((evidence) => evidence.scoreBp < 5_000);
    return findings.flatMap((evidence) => evidence.reasons.map((reason) => `${ballot.body.seat}: ${reason}`));
  });
}

/** Whole reasons stand in the record; a line on the terminal is enough to know where to look. */
function shortened(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 159)}…`;
}

function standing(tally: Tally): string {
  const [low, high] = tally.reachableBp;
  const value = `${percent(tally.valueBp)} of ${percent(tally.thresholdBp)}`;
  return `undecided: ${tally.ballotCount} ballots, ${value}, reachable ${percent(low)} to ${percent(high)}`;
}

function percent(basisPoints: number): string {
  return `${(Math.floor(basisPoints / 10) / 10).toFixed(1)} %`;
}

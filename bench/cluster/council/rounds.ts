/** Rounds of twelve seats that live on the far node, beside a bare `requestMany` of twelve. */
import { connect } from '@nats-io/transport-node';
import type {
  BallotReply,
  DeliberateRequest,
  DeliberationResult,
} from '../../../contracts/messages/council.ts';
import { BallotDesk } from '../../../council/deliberation/ballot-desk.ts';
import { createCouncilActor } from '../../../council/deliberation/council-actor.ts';
import type { CouncilMailboxMessage } from '../../../council/deliberation/council-actor.ts';
import type { CouncilOptions, SeatRef } from '../../../council/deliberation/deliberation-options.ts';
import { sha256 } from '../../../runtime/kernel/crypto/digest.ts';
import { verifyEd25519 } from '../../../runtime/kernel/crypto/ed25519.ts';
import { query, queryAll, spawn } from '../../../runtime/kernel/index.ts';
import type { ActorRef, ActorSystem } from '../../../runtime/kernel/index.ts';
import { MemoryDecisionEvents } from '../../../runtime/store/memory/memory-decision-events.ts';
import { MemoryJournal } from '../../../runtime/store/memory/memory-journal.ts';
import type { NodeRemoting } from '../../../cluster/remote/start-remoting.ts';
import { codecSubjects } from '../codec.ts';
import { BARE } from '../pair.ts';
import { benchKeys, Deliberations, SEAT_FOLDERS, SEATS } from './seats.ts';
import type { Signing } from './seats.ts';

/** What rounds are asked from. */
export interface RoundParts {
  readonly url: string;
  readonly system: ActorSystem;
  readonly remoting: NodeRemoting;
}

/** Rounds of the near side. Each call runs `count` of them, `width` at a time. */
export interface Rounds {
  /** Twelve asks of seat actors with the council's messages; `signed`: each ballot is checked. */
  ask(signing: Signing, count: number, width: number): Promise<void>;
  /** The same about one decision again and again: seats answer with the ballot that they have formed. */
  askAgain(count: number, width: number): Promise<void>;
  /** Whole deliberations of a council here whose seats sit there, signed. */
  deliberate(count: number, width: number): Promise<void>;
  /** A request to twelve responders, until twelve have answered; payloads of the same size. */
  bare(count: number, width: number): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 20_000;

/** Prepares all kinds of rounds; the far side is there. */
export async function openRounds({ url, system, remoting }: RoundParts): Promise<Rounds> {
  const deliberations = new Deliberations(benchKeys(system.clock));
  const options = councilOptions(system, remoting);
  const refs = { signed: seatRefs(remoting, 'signed'), unsigned: seatRefs(remoting, 'unsigned') };
  const actor = createCouncilActor(options);
  const council: ActorRef<CouncilMailboxMessage> = spawn(system, actor.behavior, 'council', actor.options);
  const nats = await connect({ servers: url, name: 'bench-near-bare' });
  // The ref of a question is an address of about as many bytes as this text.
  const request = codecSubjects()[0]!.encode({
    ...questionOf(deliberations.next()),
    replyTo: '/asks/near/1',
  });
  const repeated = deliberations.next();
  const ask = async (signing: Signing, deliberation = deliberations.next()): Promise<void> => {
    const question = questionOf(deliberation);
    const desk = signing === 'signed' ? new BallotDesk(options, deliberation) : undefined;
    const answers = await queryAll<Parameters<SeatRef['tell']>[0], BallotReply>(
      refs[signing],
      (replyTo, at) => ({ ...question, keyId: deliberation.terms.roster[at]!.keyId, replyTo }),
      { timeoutMs: TIMEOUT_MS, via: system },
    );
    answers.forEach((answer, at) => assertBallot(answer, SEATS[at]!, desk));
  };
  return {
    ask: (signing, count, width) => lanes(count, width, () => ask(signing)),
    askAgain: (count, width) => lanes(count, width, () => ask('unsigned', repeated)),
    deliberate: (count, width) =>
      lanes(count, width, async () => {
        const deliberation = deliberations.next();
        const result = await query<CouncilMailboxMessage, DeliberationResult>(
          council,
          (replyTo) => ({ ...deliberation, replyTo }),
          { timeoutMs: TIMEOUT_MS },
        );
        if (result.outcome !== 'approved') throw new Error(`a deliberation ended as ${result.outcome}`);
      }),
    bare: (count, width) =>
      lanes(count, width, async () => {
        const wanted = { strategy: 'count', maxMessages: SEATS.length, maxWait: TIMEOUT_MS } as const;
        let answered = 0;
        for await (const { data } of await nats.requestMany(BARE.seats, request, wanted))
          answered += data.length > 0 ? 1 : 0;
        if (answered !== SEATS.length) throw new Error(`${answered} responders answered`);
      }),
    close: () => nats.close(),
  };
}

function councilOptions(system: ActorSystem, remoting: NodeRemoting): CouncilOptions {
  const { clock } = system;
  const signed = new Map(seatRefs(remoting, 'signed').map((ref, at) => [SEATS[at]!, ref]));
  return {
    ...{ seats: (seat) => signed.get(seat), clock, crypto: { sha256, verifyEd25519 } },
    ...{ events: new MemoryDecisionEvents({ clock }), journal: new MemoryJournal(clock) },
  };
}

function seatRefs(remoting: NodeRemoting, signing: Signing): SeatRef[] {
  return SEATS.map((seat) => remoting.ref('far', `/${SEAT_FOLDERS[signing]}/${seat}`));
}

/** As `SeatCalls` makes it for round 1. */
function questionOf({ decision, sessionDigest, attested, budgetMs }: DeliberateRequest) {
  return {
    ...({ type: 'ballot-request', decision, sessionDigest, round: 1, budgetMs, attested } as const),
    ...{ peers: [], previous: null },
  };
}

function assertBallot(
  answer: Awaited<ReturnType<typeof queryAll<never, BallotReply>>>[number],
  seat: string,
  desk: BallotDesk | undefined,
): void {
  if (answer.status === 'failed') throw answer.error;
  const reply = answer.value;
  if (reply.type !== 'ballot') throw new Error(`${seat}: ${reply.detail}`);
  const judged = desk?.judge(seat, reply.ballot, []);
  if (judged?.kind === 'refused') throw new Error(`${seat}: ${judged.reason}`);
}

async function lanes(count: number, width: number, one: () => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: width }, lane));
}

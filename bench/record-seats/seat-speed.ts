/** Time of each seat on texts of 500 characters, after warm-up. */
import { decisionOf, judge, SEATS } from './judged-row.ts';

const DENSE =
  'Hello, my name is Maria Gonzalez and I live at 42 Oak Street, Springfield, IL 62704. Please call ' +
  'me at (415) 555-2671 ' +
  'or write to maria.g@example.org about card 4111 1111 1111 1111. The committee reviewed the ' +
  'proposal in 2023. ';
const PLAIN =
  'could you please explain how the transfer of funds between two accounts works and whether there ' +
  'is any fee that i ' +
  'should know about before i start, because last month i was charged twice and nobody told me why ' +
  'it happened. ';

/** Mean time of each seat and of all together; `rounds` decisions per figure. */
export function seatMicroseconds(
  rounds: number,
): readonly { seat: string; text: string; microseconds: number }[] {
  const results: { seat: string; text: string; microseconds: number }[] = [];
  for (const [name, passage] of [
    ['dense', DENSE],
    ['plain', PLAIN],
  ] as const) {
    const text = passage.repeat(4).slice(0, 500);
    const time = (work: () => void): number => {
      for (let round = 0; round < rounds; round += 1) work();
      const start = process.hrtime.bigint();
      for (let round = 0; round < rounds; round += 1) work();
      return Math.round(Number(process.hrtime.bigint() - start) / rounds / 100) / 10;
    };
    for (const plan of SEATS) {
      const microseconds = time(() => {
        const decision = decisionOf({ type: 'chat', text });
        plan.isApplicable(decision);
        judge(plan, decision);
      });
      results.push({ seat: plan.seat, text: name, microseconds });
    }
    const microseconds = time(() => {
      const decision = decisionOf({ type: 'chat', text });
      for (const plan of SEATS) if (plan.isApplicable(decision)) judge(plan, decision);
    });
    results.push({ seat: 'all', text: name, microseconds });
  }
  return results;
}

/** The cases: what they show, in which unit, and what this kernel is to reach in the same run. */
import type { CaseName } from './subject.ts';
import type { SubjectName } from './subjects.ts';

/** A bound on this kernel's figure, or on its ratio to a peer. */
export interface Target {
  readonly metric: string;
  /** Absent: the figure itself is bounded. */
  readonly peer?: SubjectName;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A case and its figures. */
export interface KernelCase {
  readonly name: CaseName;
  readonly about: string;
  /** Unit of each metric; rate cases have the one metric `rate`. */
  readonly units: Readonly<Record<string, string>>;
  readonly targets: readonly Target[];
}

const PER_SECOND = { rate: '/s' };

/** Every case, in the order of the table. */
export const KERNEL_CASES: readonly KernelCase[] = [
  {
    name: 'tell',
    about: 'messages a second into one actor, 1,000 at a time',
    units: PER_SECOND,
    targets: [
      { metric: 'rate', peer: 'nact', atLeast: 25 },
      { metric: 'rate', peer: 'ring', atLeast: 0.6 },
    ],
  },
  {
    name: 'tell-mega',
    about: 'the same with 32 behaviors and 8 message shapes',
    units: PER_SECOND,
    targets: [],
  },
  {
    name: 'pingpong',
    about: 'messages a second between two actors, one under way',
    units: PER_SECOND,
    targets: [{ metric: 'rate', peer: 'nact', atLeast: 20 }],
  },
  { name: 'ask1', about: 'questions a second, one open', units: PER_SECOND, targets: [] },
  {
    name: 'ask64',
    about: 'questions a second, 64 open',
    units: PER_SECOND,
    targets: [{ metric: 'rate', peer: 'nact', atLeast: 12 }],
  },
  {
    name: 'council12',
    about: 'rounds a second of 12 questions collected',
    units: PER_SECOND,
    targets: [{ metric: 'rate', peer: 'nact', atLeast: 5 }],
  },
  { name: 'spawn', about: 'actors a second, each with its first message', units: PER_SECOND, targets: [] },
  {
    name: 'idle-bytes',
    about: 'heap of one actor below a common parent',
    units: { 'never told': 'B', 'told once': 'B' },
    targets: [{ metric: 'never told', atMost: 300 }],
  },
  {
    name: 'children',
    about: 'time of a message to an actor with so many children',
    units: { '1': 'ns', '10': 'ns', '100': 'ns', '1000': 'ns', '10000': 'ns', growth: '×' },
    // Flat: what 10,000 children add stays within the noise of two medians.
    targets: [{ metric: 'growth', atMost: 1.3 }],
  },
  {
    name: 'timer-lateness',
    about: 'lateness of a 10 ms timer under endless ping-pong',
    units: { p50: 'ms', p99: 'ms' },
    targets: [{ metric: 'p99', atMost: 15 }],
  },
  {
    name: 'asks-in-flight',
    about: 'questions open at once, then all answered',
    units: { asked: '', wrong: '', hung: '', 'answered in': 'ms' },
    targets: [
      { metric: 'wrong', atMost: 0 },
      { metric: 'hung', atMost: 0 },
    ],
  },
];

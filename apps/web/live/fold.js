/** From a decision's events to what is shown: pure, the same events always give the same picture. */

/** What is known before the first event. */
export const EMPTY = Object.freeze({
  decisionId: null,
  type: '',
  sequence: 0,
  thresholdBp: 7000,
  quorumBp: 8500,
  seats: [],
  steps: [],
  tally: null,
  round: 0,
  verdict: null,
  resolutions: [],
  notes: [],
});

/** Next picture after one event; an event already seen changes nothing. */
export function fold(picture, event) {
  if (event.sequence <= picture.sequence) return picture;
  const next = { ...picture, sequence: event.sequence, decisionId: event.decisionId };
  const change = CHANGES[event.type];
  return change ? { ...next, ...change(next, event) } : next;
}

const CHANGES = {
  opened: (_, event) => ({
    type: event.decisionType,
    thresholdBp: event.thresholdBp,
    quorumBp: event.quorumBp,
    seats: event.seats.map((card) => ({ ...card, state: 'waiting', ballot: null, round: 0, note: '' })),
  }),
  step: (picture, event) => ({
    steps: [
      ...picture.steps.filter((step) => step.step !== event.step.step || step.by !== event.step.by),
      event.step,
    ],
  }),
  'round-opened': (picture, event) => ({ round: event.round }),
  'seat-thinking': (picture, event) =>
    seat(picture, event, (known) => (known.ballot ? known : { ...known, state: 'thinking' })),
  ballot: (picture, event) => seat(picture, event, (known) => withBallot(known, event.ballot)),
  tally: (_, event) => ({ tally: event.tally }),
  'seat-absent': (picture, event) =>
    seat(picture, event, (known) =>
      known.ballot ? known : { ...known, state: 'absent', note: event.reason },
    ),
  'seat-restarted': (picture, event) => note(picture, `${event.seat} was restarted (${event.restarts})`),
  'ballot-refused': (picture, event) =>
    note(picture, `A ballot of ${event.seat} was refused: ${event.reason}`),
  'late-ballot': (picture, event) => note(picture, `${event.seat} voted too late; recorded, not counted`),
  'advisory-ballot': (picture, event) => note(picture, `${event.agent} advises; recorded, not counted`),
  'round-closed': (picture, event) => note(picture, `Round ${event.round} closed: ${event.why}`),
  final: (picture, event) => withVerdict(picture, event.verdict),
  resolution: (picture, event) => ({ resolutions: [...picture.resolutions, event] }),
};

/** Picture of a decision that is read whole instead of followed. */
export function fromView(view) {
  const picture = { ...EMPTY, decisionId: view.decisionId, type: view.type, resolutions: view.resolutions };
  return view.verdict ? { ...picture, ...withVerdict(picture, view.verdict) } : picture;
}

function withVerdict(picture, verdict) {
  const cast = new Map(verdict.ballots.map((ballot) => [ballot.body.seat, ballot]));
  const known =
    picture.seats.length > 0 ? picture.seats : verdict.ballots.map((ballot) => bareSeat(ballot.body.seat));
  const sat = verdict.ballots.length > 0;
  const seats = known.map((one) => {
    const ballot = cast.get(one.seat);
    if (ballot) return withBallot(one, ballot);
    return { ...one, ballot: null, state: sat ? 'absent' : 'not-asked' };
  });
  const steps = verdict.body.steps.length > 0 ? verdict.body.steps : picture.steps;
  return { verdict, seats, steps, tally: verdict.body.tally ?? picture.tally };
}

function bareSeat(seatId) {
  const title = seatId.charAt(0).toUpperCase() + seatId.slice(1);
  return {
    seat: seatId,
    title,
    mandate: '',
    weightBp: 1,
    vetoes: false,
    state: 'waiting',
    ballot: null,
    note: '',
  };
}

function withBallot(known, ballot) {
  const { applicable, scoreBp, veto } = ballot.body;
  const vote = applicable ? (scoreBp >= 5000 ? 'approve' : 'reject') : 'not-applicable';
  return { ...known, ballot, round: ballot.body.round, state: veto ? 'veto' : vote };
}

function seat(picture, event, change) {
  return { seats: picture.seats.map((known) => (known.seat === event.seat ? change(known) : known)) };
}

function note(picture, text) {
  return { notes: [...picture.notes, text].slice(-20) };
}

/** Per cent with one decimal at most, rounded down as the tally is. */
export function percent(basisPoints) {
  return `${Math.floor(basisPoints / 10) / 10} %`;
}

/** One sentence on where the decision stands; true at every moment. */
export function standing(picture) {
  const { verdict, tally, thresholdBp, seats } = picture;
  if (verdict) return finalSentence(verdict.body, tally);
  if (!tally)
    return seats.length > 0
      ? 'Undecided. The council has not voted yet.'
      : 'Undecided. Nothing is known yet.';
  const [low, high] = tally.reachableBp;
  const count = `${tally.ballotCount} of ${seats.length} ballots`;
  const range = `it can still end between ${percent(low)} and ${percent(high)}`;
  if (high < thresholdBp)
    return `${count}. At most ${percent(high)} can be reached, so it cannot be approved any more.`;
  return `Undecided: ${count}. The value is ${percent(tally.valueBp)}; ${range}. Approval needs ${percent(thresholdBp)}.`;
}

function finalSentence(body, tally) {
  const by = body.decidedBy === 'council' ? 'the council' : body.decidedBy;
  const value =
    tally && body.decidedBy === 'council'
      ? ` with ${percent(tally.valueBp)} against ${percent(tally.thresholdBp)}`
      : '';
  if (body.outcome === 'held')
    return `Held${value}: ${HELD[body.heldReason] ?? body.heldReason}. A person must look.`;
  return `${body.outcome === 'approved' ? 'Approved' : 'Rejected'} by ${by}${value}.`;
}

const HELD = {
  quorum: 'too little weight took part',
  undecided: 'the absent seats could still turn it',
  'strict-value': 'rejections count as help in the sum, and without them it fails',
  veto: 'a seat found, inside its mandate, what must not pass',
  'veto-seat-absent': 'a seat with a veto did not vote',
  'provider-concentration': 'the approval rests on one remote provider',
  'policy-review': 'the policy asks for a review',
  'policy-error': 'the policy could not be evaluated',
  deadline: 'the time ran out',
  'session-lost': 'the session was lost',
  'evaluation-failed': 'evaluators failed',
};

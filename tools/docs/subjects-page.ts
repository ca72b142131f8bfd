/** `docs/reference/subjects.md`: what is published where, off the grammar of subjects. */
import {
  DECISION_SUBJECT_EVENTS,
  decisionPattern,
  decisionSubject,
  platformSubject,
} from '../../contracts/subjects.ts';
import { code, pageHead, table } from './markdown.ts';

const LEAD = `Subjects name what is published on the bus of a node. In this version the bus is inside
the process; the grammar is the one that NATS will carry. No text of a user stands in a subject. A
tenant's dots are written \`%2E\`.`;

const ID = 'd0123456789abcdef0123456789abcdef';

/** Text of the page. */
export function subjectsPage(): string {
  const forms = [
    [code('witan.<tenant>.decision.<decisionId>.<event>'), 'each event of a decision'],
    [code('witan.<tenant>.platform.<capability>.<event>'), 'what a capability says of its own work'],
  ];
  const events = DECISION_SUBJECT_EVENTS.map((event) => [
    code(event),
    code(decisionSubject('acme', ID, event)),
  ]);
  const patterns = [
    [code(decisionPattern()), 'every event of every decision'],
    [code(decisionPattern({ tenant: 'acme' })), 'every decision of one tenant'],
    [code(decisionPattern({ decisionId: ID })), 'one decision'],
    [code(decisionPattern({ event: 'final' })), 'every verdict'],
    [code(platformSubject('acme', 'safety', 'checked')), 'one event of one capability'],
  ];
  return [
    pageHead('Subjects', '`contracts/subjects.ts`', LEAD),
    `## Forms\n\n${table(['subject', 'what is published'], forms)}`,
    `## Events of a decision\n\nTheir bodies are [DecisionEvent](http.md#decisionevent).\n`,
    table(['event', 'subject, for a tenant `acme`'], events),
    `## Patterns\n\n${table(['pattern', 'what it takes in'], patterns)}`,
  ].join('\n');
}

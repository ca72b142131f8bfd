/** `docs/reference/subjects.md`: what is published where, off the grammar of subjects. */
import {
  DECISION_SUBJECT_EVENTS,
  decisionPattern,
  decisionSubject,
  platformSubject,
} from '../../contracts/subjects.ts';
import { code, pageHead, table } from './markdown.ts';

const LEAD = `Subjects name what is published on the bus of a node, and what its NATS door takes
([nats.md](nats.md)). No text of a user stands in a subject. A tenant's dots are written \`%2E\`; a
tenant named like a version of the requests (\`v1\`) has its first letter written \`%76\`.`;

const ID = 'd0123456789abcdef0123456789abcdef';

/** Text of the page. */
export function subjectsPage(): string {
  const forms = [
    [code('witan.<tenant>.decision.<decisionId>.<event>'), 'each event of a decision'],
    [code('witan.<tenant>.platform.<capability>.<event>'), 'what a capability says of its own work'],
    [code('witan.v1.<operation>'), 'requests to the NATS door'],
    [code('witan.v1.stream.<door>.<stream>'), 'what the client of an open stream says to the door'],
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

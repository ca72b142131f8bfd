/** What every bus must do. */
import type { BusMessage, BusPort } from '../../runtime/kernel/ports/bus.ts';
import { assert, suite } from '../harness.ts';
import { assertFails, bytes, text, withPort } from './fixture.ts';
import type { MakePort, PortFixture } from './fixture.ts';

/** Fixture of a bus: `errors` collects what its handlers throw. */
export interface BusFixture extends PortFixture<BusPort> {
  readonly errors: unknown[];
}

/** Declares the suite for one implementation. */
export function busConformance(name: string, makePort: MakePort<BusPort, BusFixture>): void {
  const test = suite(`bus conformance: ${name}`, { limitMs: 20_000 });
  const check = (title: string, body: (bus: BusPort, fixture: BusFixture) => Promise<void>): void =>
    test(title, () => withPort(makePort, body));

  /** Publishes, then waits until everything published so far was handled. */
  async function delivered({ port, pass }: BusFixture, publish: () => void): Promise<void> {
    let markerCame = (): void => undefined;
    const came = new Promise<void>((done) => (markerCame = done));
    const marker = await port.subscribe('conformance.marker', () => markerCame());
    publish();
    port.publish('conformance.marker', bytes(''));
    await port.flush();
    await Promise.race([came, (async () => (await pass(50), came))()]);
    await marker.unsubscribe();
  }

  const recorder = () => {
    const seen: string[] = [];
    return {
      seen,
      handler: (message: BusMessage) => void seen.push(`${message.subject}=${text(message.data)}`),
    };
  };

  check('a subscriber gets what is published, in order, with data and headers', async (bus, fixture) => {
    const seen: BusMessage[] = [];
    await bus.subscribe('a.b', (message) => seen.push(message));
    await delivered(fixture, () => {
      bus.publish('a.b', bytes('1'), { kind: 'x', 'trace-id': '7' });
      bus.publish('a.c', bytes('other'));
      bus.publish('a.b', Uint8Array.of(0, 255, 128));
    });
    assert.is(seen.length, 2);
    assert.is(text(seen[0]!.data), '1');
    assert.equal({ ...seen[0]!.headers }, { kind: 'x', 'trace-id': '7' });
    assert.is(seen[0]!.subject, 'a.b');
    assert.is(seen[0]!.replyTo, undefined);
    assert.equal([...seen[1]!.data], [0, 255, 128]);
  });

  check('publish returns before any handler runs, and data is taken as it was then', async (bus, fixture) => {
    let handled = '';
    await bus.subscribe('a', (message) => void (handled += text(message.data)));
    await delivered(fixture, () => {
      const data = bytes('x');
      bus.publish('a', data);
      data[0] = 0;
      assert.is(handled, '');
    });
    assert.is(handled, 'x');
  });

  check('* is exactly one token, > one or more', async (bus, fixture) => {
    const star = recorder();
    const rest = recorder();
    const inner = recorder();
    await bus.subscribe('w.*', star.handler);
    await bus.subscribe('w.>', rest.handler);
    await bus.subscribe('w.*.c', inner.handler);
    await delivered(fixture, () => {
      for (const subject of ['w', 'w.b', 'w.b.c', 'w.x.d', 'wb', 'w.b.c.d']) bus.publish(subject, bytes('1'));
    });
    assert.equal(star.seen, ['w.b=1']);
    assert.equal(rest.seen, ['w.b=1', 'w.b.c=1', 'w.x.d=1', 'w.b.c.d=1']);
    assert.equal(inner.seen, ['w.b.c=1']);
  });

  check('of a queue group one member gets each message; others outside get all', async (bus, fixture) => {
    const members = [recorder(), recorder(), recorder()];
    const second = recorder();
    const plain = recorder();
    for (const member of members) await bus.subscribe('jobs', member.handler, { queue: 'workers' });
    await bus.subscribe('jobs', second.handler, { queue: 'auditors' });
    await bus.subscribe('jobs', plain.handler);
    const expected = Array.from({ length: 60 }, (_, n) => `jobs=${n}`);
    await delivered(fixture, () => {
      for (let n = 0; n < 60; n++) bus.publish('jobs', bytes(`${n}`));
    });
    const shared = members.flatMap((member) => member.seen);
    assert.equal([...shared].sort(), [...expected].sort());
    assert.ok(
      members.every((member) => member.seen.length > 0),
      'the work is spread',
    );
    assert.equal(second.seen, expected);
    assert.equal(plain.seen, expected);
  });

  check('after unsubscribe nothing comes; a member that left gets no share', async (bus, fixture) => {
    const gone = recorder();
    const stays = recorder();
    const first = await bus.subscribe('jobs', gone.handler, { queue: 'workers' });
    await bus.subscribe('jobs', stays.handler, { queue: 'workers' });
    const lone = await bus.subscribe('alone', gone.handler);
    await first.unsubscribe();
    await first.unsubscribe();
    await lone.unsubscribe();
    await delivered(fixture, () => {
      for (let n = 0; n < 10; n++) bus.publish('jobs', bytes(`${n}`));
      bus.publish('alone', bytes('1'));
    });
    assert.equal(gone.seen, []);
    assert.is(stays.seen.length, 10);
  });

  check(
    'a handler that another one unsubscribed is not called for the same message',
    async (bus, fixture) => {
      const called: number[] = [];
      const both = await Promise.all(
        [0, 1].map((self) =>
          bus.subscribe('a', () => {
            called.push(self);
            void both[1 - self]!.unsubscribe();
          }),
        ),
      );
      await delivered(fixture, () => bus.publish('a', bytes('1')));
      assert.is(called.length, 1);
    },
  );

  check('a handler that throws is reported and disturbs nobody', async (bus, fixture) => {
    const sound = recorder();
    await bus.subscribe('a', () => {
      throw new Error('handler');
    });
    await bus.subscribe('a', sound.handler);
    await delivered(fixture, () => {
      bus.publish('a', bytes('1'));
      bus.publish('a', bytes('2'));
    });
    assert.equal(sound.seen, ['a=1', 'a=2']);
    assert.equal(
      fixture.errors.map((error) => (error as Error).message),
      ['handler', 'handler'],
    );
  });

  check('a request is answered by a responder', async (bus) => {
    await bus.subscribe('double', (message) => {
      assert.ok(message.replyTo);
      bus.publish(message.replyTo!, bytes(String(Number(text(message.data)) * 2)), {
        served: message.headers['n']!,
      });
    });
    const asks = [1, 2, 3].map((n) =>
      bus.request('double', bytes(`${n}`), { timeoutMs: 2_000, headers: { n: `${n}` } }),
    );
    const answers = await Promise.all(asks);
    assert.equal(
      answers.map((answer) => text(answer.data)),
      ['2', '4', '6'],
    );
    assert.equal(
      answers.map((answer) => answer.headers['served']),
      ['1', '2', '3'],
    );
  });

  check('the first answer counts; later ones are dropped', async (bus, fixture) => {
    await bus.subscribe('q', (message) => {
      bus.publish(message.replyTo!, bytes('first'));
      bus.publish(message.replyTo!, bytes('second'));
    });
    const answer = await bus.request('q', bytes(''), { timeoutMs: 2_000 });
    assert.is(text(answer.data), 'first');
    await delivered(fixture, () => undefined);
    assert.equal(fixture.errors, []);
  });

  check('without a responder a request is unavailable at once', async (bus) => {
    await assertFails(() => bus.request('nobody', bytes(''), { timeoutMs: 15_000 }), 'unavailable');
    const subscription = await bus.subscribe('nobody', () => undefined);
    await subscription.unsubscribe();
    await assertFails(() => bus.request('nobody', bytes(''), { timeoutMs: 15_000 }), 'unavailable');
  });

  check('a responder that says nothing costs the time limit and no more', async (bus, { pass }) => {
    await bus.subscribe('silent', () => undefined);
    const asked = assertFails(
      () => bus.request('silent', bytes(''), { timeoutMs: 200 }),
      'deadline_exceeded',
    );
    await pass(200);
    await asked;
  });

  check('an aborted request is cancelled, also when aborted before', async (bus) => {
    const abort = new AbortController();
    await bus.subscribe('silent', () => undefined);
    const asked = assertFails(
      () => bus.request('silent', bytes(''), { timeoutMs: 15_000, signal: abort.signal }),
      'cancelled',
    );
    abort.abort();
    await asked;
    await assertFails(
      () => bus.request('silent', bytes(''), { timeoutMs: 15_000, signal: AbortSignal.abort() }),
      'cancelled',
    );
  });

  check('malformed subjects are refused', async (bus) => {
    for (const subject of ['', 'a..b', '.a', 'a.', 'a b']) {
      await assertFails(() => bus.publish(subject, bytes('')), 'invalid_argument');
      await assertFails(() => bus.subscribe(subject, () => undefined), 'invalid_argument');
    }
    for (const subject of ['a.*', '>'])
      await assertFails(() => bus.publish(subject, bytes('')), 'invalid_argument');
    await assertFails(() => bus.subscribe('>.a', () => undefined), 'invalid_argument');
  });

  check(
    'closed, it is unavailable; open requests fail, handlers fall silent; closing twice is harmless',
    async (bus) => {
      await bus.subscribe('silent', () => undefined);
      const asked = assertFails(() => bus.request('silent', bytes(''), { timeoutMs: 15_000 }), 'unavailable');
      await bus.flush();
      await bus.close();
      await bus.close();
      await asked;
      await assertFails(() => bus.publish('a', bytes('')), 'unavailable');
      await assertFails(() => bus.subscribe('a', () => undefined), 'unavailable');
      await assertFails(() => bus.request('a', bytes(''), { timeoutMs: 100 }), 'unavailable');
      await assertFails(() => bus.flush(), 'unavailable');
    },
  );
}

/**
 * Code written for nact, on this kernel: only the import has changed (`nact` became `witan/nact`).
 *
 *     node --import tsx examples/embedding/nact.ts
 */
import { dispatch, query, spawn, spawnStateless, start, stop } from '../../runtime/kernel/nact/index.ts';
import type { TemporaryReference } from '../../runtime/kernel/nact/index.ts';

interface Contacts {
  readonly known: string[];
}

type ContactMessage =
  | { readonly type: 'add'; readonly name: string }
  | { readonly type: 'list'; readonly sender: TemporaryReference<string[]> };

interface Greet {
  readonly names: readonly string[];
  readonly sender: TemporaryReference;
}

const system = start();

const contacts = spawn<Contacts, ContactMessage>(
  system,
  (state = { known: [] }, message) => {
    switch (message.type) {
      case 'add':
        return { known: [...state.known, message.name] };
      case 'list':
        dispatch(message.sender, state.known);
        return state;
    }
  },
  'contacts',
);

const greeter = spawnStateless<Greet>(
  system,
  ({ names, sender }) => dispatch(sender, `Hello, ${names.join(' and ')}`),
  'greeter',
);

dispatch(contacts, { type: 'add', name: 'Ada' });
dispatch(contacts, { type: 'add', name: 'Grace' });
const names = await query<ContactMessage, string[]>(contacts, (sender) => ({ type: 'list', sender }), 2_000);
console.log(`contacts: ${names.join(', ')}`);
console.log(await query(greeter, (sender) => ({ names, sender }), 2_000));

stop(system);

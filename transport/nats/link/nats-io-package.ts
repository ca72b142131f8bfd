/** The current client, `@nats-io/transport-node` 3.x. */
import {
  connect,
  createInbox,
  credsAuthenticator,
  headers,
  nkeyAuthenticator,
} from '@nats-io/transport-node';
import type { ClientConnection, ClientPackage } from './client-package.ts';

/** See {@link ClientPackage}. */
export const natsIoPackage: ClientPackage = {
  name: '@nats-io/transport-node',
  // The types differ in the headers alone, which are always made by `headers()` of the same package.
  connect: (options) => connect(options) as unknown as Promise<ClientConnection>,
  headers: () => headers(),
  newInbox: (prefix) => createInbox(prefix),
  creds: (file) => credsAuthenticator(file),
  nkey: (seed) => nkeyAuthenticator(seed),
};

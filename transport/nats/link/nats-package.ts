/** The client that the requirements name, `nats` 2.29; its line is frozen. */
import { connect, createInbox, credsAuthenticator, headers, nkeyAuthenticator } from 'nats';
import type { ClientConnection, ClientPackage } from './client-package.ts';

/** See {@link ClientPackage}. */
export const natsPackage: ClientPackage = {
  name: 'nats',
  // The types differ in the headers alone, which are always made by `headers()` of the same package.
  connect: (options) => connect(options) as unknown as Promise<ClientConnection>,
  headers: () => headers(),
  newInbox: (prefix) => createInbox(prefix),
  creds: (file) => credsAuthenticator(file),
  nkey: (seed) => nkeyAuthenticator(seed),
};

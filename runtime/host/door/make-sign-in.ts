/** Signing in at a node, from its settings: providers, users, sessions; absent where nobody is to sign in. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProviderAccess } from '../../../agents/platform/gate/session/provider/provider-flows.ts';
import { spawnSignIn } from '../../../agents/platform/gate/session/sign-in-actor.ts';
import { SignIn } from '../../../agents/platform/gate/session/sign-in.ts';
import type { Settings } from '../../../config/schema.ts';
import type { OidcProvider } from '../../../config/sections/sign-in.ts';
import { WitanError } from '../../../contracts/errors.ts';
import type { ChildSpec } from '../../../supervisors/child-spec.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { SignInStorePort } from '../../kernel/ports/sign-in/sign-in-store.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';
import { HttpOut } from '../../store/http-out.ts';
import { FileSignInStore } from '../../store/identity/file-sign-in-store.ts';
import { sealKeyAt, sealKeyIn } from '../../store/identity/seal-key.ts';
import { MemorySignInStore } from '../../store/memory/memory-sign-in-store.ts';
import { openPostgres, SqlSignInStore } from '../../store/sql/index.ts';
import type { NodeStores } from '../record/open-stores.ts';

/** What signing in is made from. */
export interface SignInParts {
  readonly settings: Settings;
  readonly stores: NodeStores;
  readonly clock: Clock;
  readonly telemetry?: TelemetryPort | undefined;
}

/** Signing in, the child of `/platform` that keeps it, and its end. */
export interface NodeSignIn {
  readonly signIn: SignIn;
  readonly child: ChildSpec;
  close(): Promise<void>;
}

/**
 * Opens the store of users and sessions. Undefined where the settings name neither providers nor local users.
 * @throws config_invalid, storage_failed, verification_failed
 */
export async function makeSignIn(parts: SignInParts): Promise<NodeSignIn | undefined> {
  const { settings, stores, clock, telemetry } = parts;
  if (settings.signIn.providers.length === 0 && !settings.signIn.localUsers) return undefined;
  const providers = settings.signIn.providers.map((provider, at) => accessTo(provider, at, clock));
  const store = await openStore(settings, stores.folder);
  const signIn = await SignIn.open({
    settings: settings.signIn,
    identity: settings.identity,
    providers,
    store,
    ledger: stores.ledger,
    clock,
    secretBytes: randomBytes,
    telemetry,
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const child: ChildSpec = { id: 'sign-in', start: (parent) => spawnSignIn(parent, signIn) };
  return { signIn, child, close: () => store.close() };
}

/** In the database that nodes share, else on synced files: the embedded database never syncs. */
async function openStore(
  { store, signIn }: Settings,
  folder: NodeStores['folder'],
): Promise<SignInStorePort> {
  if (!folder) return new MemorySignInStore();
  if (store.databaseUrl === '') return FileSignInStore.open(folder.signIn);
  const { sealKeyFile } = signIn;
  const key = sealKeyFile === '' ? await sealKeyIn(folder.signIn) : await sealKeyAt(sealKeyFile);
  return new SqlSignInStore(openPostgres({ url: store.databaseUrl }), key);
}

/** A provider is reached at its own origins and no others. */
function accessTo(provider: OidcProvider, at: number, clock: Clock): ProviderAccess {
  const urls = [provider.issuer, ...provider.origins];
  const allowedOrigins = [...new Set(urls.map((url) => new URL(url).origin))];
  const clientSecret = provider.clientSecretFile === '' ? undefined : secretIn(provider.clientSecretFile, at);
  return { provider, http: new HttpOut({ clock, allowedOrigins }), clientSecret };
}

function secretIn(file: string, at: number): string {
  const path = `signIn.providers.${at}.clientSecretFile`;
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return secret;
  } catch (cause) {
    throw new WitanError('config_invalid', `${path} cannot be read`, { path, expected: 'a file' }, cause);
  }
  throw new WitanError('config_invalid', `${path} is empty`, { path, expected: 'a client secret' });
}

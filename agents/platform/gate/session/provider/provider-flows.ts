/** Sign-ins at providers that are under way: begun here, kept by the browser alone, taken back once. */
import { timingSafeEqual } from 'node:crypto';
import type { Settings } from '../../../../../config/schema.ts';
import type { OidcProvider } from '../../../../../config/sections/sign-in.ts';
import { WitanError } from '../../../../../contracts/errors.ts';
import { toBase64Url } from '../../../../../contracts/ledger/bytes.ts';
import type { Clock } from '../../../../../runtime/kernel/clock.ts';
import type { HttpOutPort } from '../../../../../runtime/kernel/ports/http-out.ts';
import type { BegunFlow, FlowAnswer } from '../../../../../runtime/kernel/ports/sign-in/sign-in.ts';
import type { SecretBytes } from '../../credentials/api-key.ts';
import { unknownCaller } from '../../credentials/authenticator.ts';
import type { SecretBox } from '../secret-box.ts';
import { ProviderClient } from './provider-client.ts';
import type { FlowSecrets, ProviderWord } from './provider-client.ts';
import { returnPath } from './return-path.ts';

/** A provider with what it is reached by. */
export interface ProviderAccess {
  readonly provider: OidcProvider;
  readonly http: HttpOutPort;
  readonly clientSecret: string | undefined;
}

/** What flows work with. */
export interface ProviderFlowsOptions {
  readonly settings: Settings['signIn'];
  readonly providers: readonly ProviderAccess[];
  readonly clock: Clock;
  readonly secretBytes: SecretBytes;
  readonly box: SecretBox;
}

interface Flow extends FlowSecrets {
  readonly provider: string;
  readonly returnTo: string;
  readonly redirectUri: string;
  readonly endsAtWallMs: number;
}

/** A provider's word with the provider. */
export interface FinishedFlow {
  readonly provider: OidcProvider;
  readonly word: ProviderWord;
  readonly returnTo: string;
}

const PURPOSE = 'flow';
const SECRET_BYTES = 32;
const CALLBACK = '/auth/callback';
/** Flows that were taken back are remembered until they end; the provider refuses a second use of a code too. */
const TAKEN_MAX_COUNT = 10_000;

/** See the file's head. */
export class ProviderFlows {
  readonly #options: ProviderFlowsOptions;
  readonly #clients: ReadonlyMap<
    string,
    { readonly client: ProviderClient; readonly provider: OidcProvider }
  >;
  readonly #taken = new Map<string, number>();

  constructor(options: ProviderFlowsOptions) {
    this.#options = options;
    const { settings, clock } = options;
    this.#clients = new Map(
      options.providers.map((access) => {
        const client = new ProviderClient({ ...access, settings, clock });
        return [access.provider.name, { client, provider: access.provider }];
      }),
    );
  }

  /** @throws not_found, invalid_argument, unavailable, deadline_exceeded */
  async begin(
    {
      provider: asked,
      returnTo,
    }: { readonly provider?: string | undefined; readonly returnTo?: string | undefined },
    origin: string,
  ): Promise<BegunFlow> {
    const { settings, clock, secretBytes, box } = this.#options;
    const path = returnPath(returnTo);
    const only = this.#clients.size === 1 ? this.#clients.values().next().value : undefined;
    const { client, provider } = this.of(asked ?? only?.provider.name);
    const secret = (): string => toBase64Url(secretBytes(SECRET_BYTES));
    const flow: Flow = {
      provider: provider.name,
      returnTo: path,
      redirectUri: origin + CALLBACK,
      state: secret(),
      nonce: secret(),
      verifier: secret(),
      endsAtWallMs: clock.wallMs() + settings.flowMs,
    };
    const location = await client.begin(flow.redirectUri, flow);
    return { location, sealed: box.seal(PURPOSE, flow), lifeMs: settings.flowMs };
  }

  /** Takes an answer, once. @throws unauthenticated, unavailable, deadline_exceeded */
  async finish({ query, sealed }: FlowAnswer): Promise<FinishedFlow> {
    const flow = this.#open(sealed);
    if (!flow || !isSame(flow.state, query['state'] ?? '') || this.#isTaken(flow)) {
      throw unknownCaller('this sign-in was not begun here, took too long, or is over', 'a new sign-in');
    }
    const { client, provider } = this.of(flow.provider);
    const answer = new URL(flow.redirectUri);
    answer.search = new URLSearchParams(query).toString();
    return { provider, word: await client.finish(answer, flow), returnTo: flow.returnTo };
  }

  /** @throws not_found */
  of(name: string | undefined): { readonly client: ProviderClient; readonly provider: OidcProvider } {
    const found = name === undefined ? undefined : this.#clients.get(name);
    if (found) return found;
    const expected = [...this.#clients.keys()].join(', ') || 'a provider in signIn.providers';
    throw new WitanError('not_found', 'there is no such provider', { path: 'provider', expected });
  }

  #open(sealed: string | undefined): Flow | undefined {
    const flow =
      sealed === undefined ? undefined : (this.#options.box.open(PURPOSE, sealed) as Flow | undefined);
    return flow && flow.endsAtWallMs > this.#options.clock.wallMs() ? flow : undefined;
  }

  #isTaken({ state, endsAtWallMs }: Flow): boolean {
    if (this.#taken.has(state)) return true;
    const nowWallMs = this.#options.clock.wallMs();
    for (const [known, endsAt] of this.#taken) {
      if (endsAt > nowWallMs && this.#taken.size < TAKEN_MAX_COUNT) break;
      this.#taken.delete(known);
    }
    this.#taken.set(state, endsAtWallMs);
    return false;
  }
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Administration of users: who may do what to whom, recorded first, then done. */
import type { Settings } from '../../../../config/schema.ts';
import { TenantName } from '../../../../config/sections/identity.ts';
import { WitanError } from '../../../../contracts/errors.ts';
import type { UserRequest, UserSetUp, UserView } from '../../../../contracts/messages/identity/sign-in.ts';
import type { Clock } from '../../../../runtime/kernel/clock.ts';
import type { Principal } from '../../../../runtime/kernel/ports/identity.ts';
import type { UserRecord } from '../../../../runtime/kernel/ports/sign-in/sign-in-store.ts';
import type { UsersPort } from '../../../../runtime/kernel/ports/sign-in/sign-in.ts';
import { scopesOf } from '../access/scopes-of-roles.ts';
import { LOCAL_PROVIDER, localUserId, providerOf } from './local-users.ts';
import type { LocalUsers } from './local-users.ts';
import type { SessionKeeper } from './session-keeper.ts';
import type { SignInAudit } from './sign-in-audit.ts';
import type { UserBook } from './user-book.ts';

/** What the desk works with. */
export interface UserDeskOptions {
  readonly identity: Pick<Settings['identity'], 'roles' | 'localTenant'>;
  readonly users: UserBook;
  readonly local: LocalUsers;
  readonly sessions: SessionKeeper;
  readonly audit: SignInAudit;
  readonly clock: Clock;
}

const RESERVED_TENANTS = ['system', 'anonymous'];

/** See {@link UsersPort}. */
export class UserDesk implements UsersPort {
  readonly #options: UserDeskOptions;

  constructor(options: UserDeskOptions) {
    this.#options = options;
  }

  async list(principal: Principal): Promise<UserView[]> {
    const { users, sessions } = this.#options;
    const seen = (await users.readAll()).filter(({ tenant }) => this.#reaches(principal, tenant));
    const counts = await sessions.counts();
    return seen.map((user) => this.#view(user, counts.get(user.id) ?? 0));
  }

  async create({ name, tenant: asked, roles }: UserRequest, by: Principal): Promise<UserSetUp> {
    const { users, local, audit, clock } = this.#options;
    local.assertOffered();
    const tenant = asked ?? by.tenant;
    this.#checkGrant(by, tenant, roles);
    const id = localUserId(name);
    const { token, setUp } = local.newToken();
    const user = {
      id,
      tenant,
      roles,
      createdAtWallMs: clock.wallMs(),
      disabledAtWallMs: null,
      password: null,
      setUp,
      factor: null,
    };
    if (await users.read(id))
      throw new WitanError('already_exists', 'there is a user of this name', { path: 'name' });
    await audit.record({ action: 'user-create', userId: id, tenant, roles, by: by.id });
    return this.#withToken(await users.add(user), token);
  }

  async disable(id: string, isDisabled: boolean, by: Principal): Promise<UserView> {
    const { users, sessions, audit, clock } = this.#options;
    const { tenant } = await this.#userOf(by, id);
    await audit.record({
      action: isDisabled ? 'user-disable' : 'user-enable',
      userId: id,
      tenant,
      by: by.id,
    });
    const user = await users.change(id, ({ disabledAtWallMs }) => ({
      disabledAtWallMs: isDisabled ? (disabledAtWallMs ?? clock.wallMs()) : null,
    }));
    if (isDisabled) await sessions.endAll(id);
    return this.#viewNow(user);
  }

  async newSetUp(id: string, by: Principal): Promise<UserSetUp> {
    const { users, local, sessions, audit } = this.#options;
    local.assertOffered();
    const { tenant, roles } = await this.#userOf(by, id);
    if (providerOf(id) !== LOCAL_PROVIDER) {
      throw new WitanError('conflict', 'the provider keeps the password of this user', { path: 'id' });
    }
    // Whoever hands out the link could use it: it must not lead to more than they have.
    this.#checkGrant(by, tenant, roles);
    await audit.record({ action: 'user-set-up', userId: id, tenant, by: by.id });
    const { token, setUp } = local.newToken();
    const user = await users.change(id, () => ({ password: null, setUp }));
    await sessions.endAll(id);
    return this.#withToken(user, token);
  }

  async resetFactor(id: string, by: Principal): Promise<UserView> {
    const { users, sessions, audit } = this.#options;
    const { tenant } = await this.#userOf(by, id);
    await audit.record({ action: 'second-factor-reset', userId: id, tenant, by: by.id });
    const user = await users.change(id, () => ({ factor: null }));
    await sessions.endAll(id);
    return this.#viewNow(user);
  }

  async #viewNow(user: UserRecord): Promise<UserView> {
    return this.#view(user, (await this.#options.sessions.ofUser(user.id)).length);
  }

  #view(
    { id, tenant, roles, disabledAtWallMs, password, factor, createdAtWallMs }: UserRecord,
    sessionCount: number,
  ): UserView {
    const provider = providerOf(id);
    const isSetUp = provider !== LOCAL_PROVIDER || password !== null;
    return {
      id,
      tenant,
      provider,
      roles: [...roles],
      state: disabledAtWallMs !== null ? 'disabled' : isSetUp ? 'active' : 'set-up',
      hasSecondFactor: factor !== null,
      createdAt: new Date(createdAtWallMs).toISOString(),
      sessionCount,
    };
  }

  async #withToken(user: UserRecord, token: string): Promise<UserSetUp> {
    const endsAt = new Date(user.setUp!.endsAtWallMs).toISOString();
    // Behind the #: it reaches no server, no log and no Referer header.
    return { ...(await this.#viewNow(user)), token, path: `/sign-in.html#set-up=${token}`, endsAt };
  }

  /** Users of other tenants do not exist for a caller, but for administrators of the node's own tenant. */
  async #userOf(by: Principal, id: string): Promise<UserRecord> {
    const user = await this.#options.users.read(id);
    if (user && this.#reaches(by, user.tenant)) return user;
    throw new WitanError('not_found', 'there is no such user', { path: 'id', expected: 'the id of a user' });
  }

  #reaches(by: Principal, tenant: string): boolean {
    return tenant === by.tenant || by.tenant === this.#options.identity.localTenant;
  }

  /** Nobody makes a user who may more than they may themselves. */
  #checkGrant(by: Principal, tenant: string, roles: readonly string[]): void {
    const { identity } = this.#options;
    if (!TenantName.safeParse(tenant).success || RESERVED_TENANTS.includes(tenant)) {
      throw invalid('tenant', 'the name of a tenant: lower-case letters, digits, . _ -');
    }
    if (!this.#reaches(by, tenant)) {
      throw new WitanError('permission_denied', 'users of another tenant are not yours to make', {
        path: 'tenant',
        expected: by.tenant,
      });
    }
    for (const role of roles) {
      if (Object.hasOwn(identity.roles, role)) continue;
      throw invalid('roles', `some of ${Object.keys(identity.roles).join(', ')}`);
    }
    const beyond = scopesOf(identity.roles, { roles, scopes: [] }).filter(
      (scope) => !by.scopes.includes(scope),
    );
    if (beyond.length === 0) return;
    throw new WitanError('permission_denied', 'a user cannot hold scopes that their maker lacks', {
      path: 'roles',
      expected: `none of ${beyond.join(', ')}`,
    });
  }
}

function invalid(path: string, expected: string): WitanError {
  return new WitanError('invalid_argument', `the user cannot be made: ${path}`, { path, expected });
}

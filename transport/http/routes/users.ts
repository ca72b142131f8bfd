/** Endpoints of users: list, make, keep out, set up anew, take the second factor away. */
import { z } from 'zod';
import { WitanError } from '../../../contracts/errors.ts';
import {
  UserDisabling,
  UserId,
  UserRequest,
  UserSetUp,
  UserView,
} from '../../../contracts/messages/identity/sign-in.ts';
import type { UsersPort } from '../../../runtime/kernel/ports/sign-in/sign-in.ts';
import type { DoorBackend } from '../../door/backend.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

/** An id has a slash in it: it stands percent-encoded in the address. */
const ByUser = z.strictObject({ id: UserId });
const Nothing = z.strictObject({});

/** Endpoints of users. An answer with a token is never kept by anything between. */
export const userRoutes: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/v1/users',
    operation: 'user.list',
    operationId: 'listUsers',
    summary: 'Lists users of the tenant who have signed in or were made here, without their secrets',
    responses: { 200: z.strictObject({ items: z.array(UserView) }) },
    handle: async ({ backend, principal }) => ({ items: await usersOf(backend).list(principal) }),
  }),
  route({
    method: 'POST',
    url: '/api/v1/users',
    operation: 'user.create',
    operationId: 'createUser',
    summary: 'Makes a local user; the token that sets their password is in this answer and nowhere else',
    body: UserRequest,
    responses: { 201: UserSetUp },
    handle: async ({ backend, body, principal, reply }) => {
      const made = await usersOf(backend).create(body, principal);
      reply.code(201).header('cache-control', 'no-store');
      return made;
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/users/:id/disable',
    operation: 'user.disable',
    operationId: 'disableUser',
    summary: 'Keeps a user out and ends their sessions, or lets them in again',
    params: ByUser,
    body: UserDisabling,
    responses: { 200: UserView },
    handle: ({ backend, params, body, principal }) =>
      usersOf(backend).disable(params.id, body.isDisabled, principal),
  }),
  route({
    method: 'POST',
    url: '/api/v1/users/:id/set-up',
    operation: 'user.set-up',
    operationId: 'setUpUser',
    summary: 'Takes the password of a local user away; gives the token that sets another',
    params: ByUser,
    body: Nothing,
    responses: { 200: UserSetUp },
    handle: async ({ backend, params, principal, reply }) => {
      const made = await usersOf(backend).newSetUp(params.id, principal);
      reply.header('cache-control', 'no-store');
      return made;
    },
  }),
  route({
    method: 'POST',
    url: '/api/v1/users/:id/reset-factor',
    operation: 'user.reset-factor',
    operationId: 'resetSecondFactor',
    summary: 'Takes the second factor of a user away; they set up another at their next sign-in',
    params: ByUser,
    body: Nothing,
    responses: { 200: UserView },
    handle: ({ backend, params, principal }) => usersOf(backend).resetFactor(params.id, principal),
  }),
];

function usersOf({ signIn }: DoorBackend): UsersPort {
  if (signIn) return signIn.users;
  throw new WitanError('not_supported', 'nobody signs in at this node', {
    expected: 'signIn.providers or signIn.localUsers',
  });
}

import { ProfilePatch, UserSchema, userShape } from '../directory/schemas.ts';
import type { Directory } from '../directory/service.ts';
import { clientOf } from '../http/context.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import type { Profiles } from './service.ts';

/** What of a profile an address that nobody has proven must not change. */
const NEED_PROOF = ['username', 'phone_number', 'picture', 'bio'];

/** What a change of the profile takes and gives. */
const CHANGE = {
  request: jsonBody(ProfilePatch),
  responses: responses(
    { 200: json(UserSchema, 'The user as changed') },
    { body: true, codes: ['username_taken'] },
  ),
};

const PHONE_NUMBER_SENT = {
  when: ({ phone_number }: Record<string, unknown>) => phone_number !== undefined,
  says: 'to send `phone_number`, by which one may sign in',
};

/**
 * The same change for clients of Doztra, whose users need not have proven their address to change what nobody else sees. Hidden,
 * and only there with that dialect.
 */
export function unprovenProfileRoutes(profiles: Profiles, levels: Levels) {
  return featureRouter().openapi(
    createRoute({
      hide: true,
      operationId: 'me.profile.update',
      method: 'patch',
      path: '/v1/me/profile',
      summary: 'Change the profile',
      level: levels.user({
        verified: {
          when: (sent) => NEED_PROOF.some((name) => sent[name] !== undefined),
          says: 'to send what others see or one signs in by: `username`, `phone_number`, `picture`, `bio`',
        },
        fresh: PHONE_NUMBER_SENT,
      }),
      ...CHANGE,
    }),
    async (c) => {
      const user = await profiles.update(c.get('principal').userId, c.req.valid('json'), clientOf(c));
      return c.json(userShape(user), 200);
    },
  );
}

/** `/v1/me`: the profile of the user who asks. */
export function profileRoutes(directory: Directory, profiles: Profiles, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.get',
        method: 'get',
        path: '/v1/me',
        tags: ['Account'],
        summary: 'The profile of the signed-in user',
        level: levels.user({ impersonation: true }),
        responses: responses({ 200: json(UserSchema, 'The user') }, {}),
      }),
      async (c) => {
        const { userId, bookmark } = c.get('principal');
        return c.json(userShape(await directory.get(userId, bookmark)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'me.update',
        method: 'patch',
        path: '/v1/me',
        tags: ['Account'],
        summary: 'Change the profile',
        description:
          'Only the fields that are sent change; `null` clears one. A new phone number counts as unverified.',
        level: levels.verified({ fresh: PHONE_NUMBER_SENT }),
        ...CHANGE,
      }),
      async (c) => {
        const user = await profiles.update(c.get('principal').userId, c.req.valid('json'), clientOf(c));
        return c.json(userShape(user), 200);
      },
    );
}

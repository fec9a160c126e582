import { ProfilePatch, UserSchema, userShape } from '../directory/schemas.ts';
import type { Directory } from '../directory/service.ts';
import { type Authenticator, requireUser, requireVerified } from '../http/authentication.ts';
import { createRoute, featureRouter, json, jsonBody, responses, USER_SECURITY } from '../http/openapi.ts';
import type { Profiles } from './service.ts';

/** `/v1/me`: the profile of the user who asks. */
export function profileRoutes(directory: Directory, profiles: Profiles, authenticator: Authenticator) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'me.get',
        method: 'get',
        path: '/v1/me',
        tags: ['Account'],
        summary: 'The profile of the signed-in user',
        security: USER_SECURITY,
        middleware: [requireUser(authenticator)] as const,
        responses: responses({ 200: json(UserSchema, 'The user') }, { user: true }),
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
          'Only the fields that are sent change; `null` clears one. Needs a verified e-mail address. A new phone number counts as unverified.',
        security: USER_SECURITY,
        middleware: [requireVerified(authenticator)] as const,
        request: jsonBody(ProfilePatch),
        responses: responses(
          { 200: json(UserSchema, 'The user as changed') },
          { user: true, body: true, codes: ['email_not_verified', 'username_taken'] },
        ),
      }),
      async (c) => {
        const user = await profiles.update(c.get('principal').userId, c.req.valid('json'));
        return c.json(userShape(user), 200);
      },
    );
}

import { z } from '@hono/zod-openapi';
import { EmailField, UserEmailSchema, UserSchema, userShape } from '../directory/schemas.ts';
import type { Directory } from '../directory/service.ts';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';

const UserId = z.object({ id: z.string() });

/** `/v1/users`: the users of a realm, for services and admins. */
export function userRoutes(directory: Directory, levels: Levels) {
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'users.get',
        method: 'get',
        path: '/v1/users/{id}',
        tags: ['Users'],
        summary: 'A user',
        description: 'For services with the scope `users:read`, for admins, and for the user.',
        level: levels.serviceOrUser('users:read', { subject: 'path', impersonation: true }),
        request: { params: UserId },
        responses: responses({ 200: json(UserSchema, 'The user') }, { codes: ['user_not_found'] }),
      }),
      async (c) => {
        const userId = c.get('subject');
        const bookmark = c.get('principal')?.userId === userId ? c.get('principal').bookmark : null;
        return c.json(userShape(await directory.find(c.get('realm').id, { userId }, bookmark)), 200);
      },
    )
    .openapi(
      createRoute({
        operationId: 'users.getByEmail',
        method: 'get',
        path: '/v1/users/by-email/{email}',
        tags: ['Users'],
        summary: 'The user with an e-mail address',
        level: levels.service('users:read'),
        request: { params: z.object({ email: EmailField }) },
        responses: responses(
          { 200: json(UserSchema, 'The user') },
          { codes: ['user_not_found', 'validation_failed'] },
        ),
      }),
      async (c) =>
        c.json(userShape(await directory.find(c.get('realm').id, c.req.valid('param'), null)), 200),
    )
    .openapi(
      createRoute({
        operationId: 'users.email.get',
        method: 'get',
        path: '/v1/users/{id}/email',
        tags: ['Users'],
        summary: 'The e-mail address of a user',
        level: levels.service('users:read'),
        request: { params: UserId },
        responses: responses({ 200: json(UserEmailSchema, 'The address') }, { codes: ['user_not_found'] }),
      }),
      async (c) => {
        const userId = c.req.valid('param').id;
        const user = await directory.find(c.get('realm').id, { userId }, null);
        return c.json({ user_id: user.id, email: user.email, email_verified: user.emailVerified }, 200);
      },
    );
}

import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, jsonBody, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { ReencryptedSchema, ReencryptionBody } from './admin-schemas.ts';
import type { SecretAdmin } from './admin-service.ts';

/** `/v1/admin/secrets`: what is left to do when AUTH_SECRET was changed. */
export function secretRoutes(secrets: SecretAdmin, levels: Levels) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'admin.secrets.reencrypt',
      method: 'post',
      path: '/v1/admin/secrets/re-encrypt',
      tags: ['Admin: realms'],
      level: levels.admin(),
      summary: 'Encrypt what is stored under the present secret',
      description:
        'Signing keys and the tokens of providers, of all realms, a portion at a time: see `npm run secrets`. For owners, and for admins of the realm `default`.',
      request: jsonBody(ReencryptionBody),
      responses: responses({ 200: json(ReencryptedSchema, 'What became of the portion') }, { body: true }),
    }),
    async (c) => {
      const { cursor } = c.req.valid('json');
      const done = await secrets.reencrypt(cursor, c.get('realm').id, actorOf(c));
      const { examined, reencrypted, unreadable, nextCursor } = done;
      return c.json({ examined, reencrypted, unreadable, next_cursor: nextCursor }, 200);
    },
  );
}

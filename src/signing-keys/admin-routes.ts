import { z } from '@hono/zod-openapi';
import type { Levels } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { actorOf } from '../http/service-authentication.ts';
import { rfc3339 } from '../lib/time.ts';
import type { SigningKeyAdmin } from './admin-service.ts';
import { ID_TOKEN_ALGORITHMS } from './tables.ts';

const SigningKeySchema = z
  .object({
    kid: z.string(),
    alg: z.enum(ID_TOKEN_ALGORITHMS),
    generation: z.int(),
    created_at: z.iso.datetime(),
    signs_from: z.iso.datetime(),
    signs_until: z.iso.datetime().nullable(),
    published_until: z.iso.datetime().nullable(),
  })
  .openapi('SigningKey');

const SigningKeyListSchema = z
  .object({ data: z.array(SigningKeySchema), next_cursor: z.null(), total: z.int() })
  .openapi('SigningKeyList');

/** `/v1/admin/signing-keys`: what signs the tokens of a realm. */
export function signingKeyRoutes(keys: SigningKeyAdmin, levels: Levels) {
  const admin = { tags: ['Admin: realms'], level: levels.admin() };
  const listed = async (realmId: string): Promise<z.infer<typeof SigningKeyListSchema>> => {
    const time = (at: number | null) => (at === null ? null : rfc3339(at));
    const data = (await keys.list(realmId)).map((key) => ({
      kid: key.id,
      alg: key.algorithm,
      generation: key.generation,
      created_at: rfc3339(key.createdAt),
      signs_from: rfc3339(key.signsFrom),
      signs_until: time(key.signsUntil),
      published_until: time(key.publishedUntil),
    }));
    return { data, next_cursor: null, total: data.length };
  };
  return featureRouter()
    .openapi(
      createRoute({
        operationId: 'admin.signingKeys.list',
        method: 'get',
        path: '/v1/admin/signing-keys',
        ...admin,
        summary: "The keys that sign the realm's tokens",
        description:
          'Those that are published, newest first; after those of access tokens those of RS256, which a realm has once a client wants its ID tokens so.',
        responses: responses({ 200: json(SigningKeyListSchema, 'The keys') }),
      }),
      async (c) => c.json(await listed(c.get('realm').id), 200),
    )
    .openapi(
      createRoute({
        operationId: 'admin.signingKeys.rotate',
        method: 'post',
        path: '/v1/admin/signing-keys/rotate',
        ...admin,
        summary: 'Publish the next key now',
        description:
          'It signs an hour later, and the one before stays published two hours more: no token stops working. While a key is published that does not sign yet, nothing changes.',
        responses: responses({ 200: json(SigningKeyListSchema, 'The keys') }),
      }),
      async (c) => {
        const realmId = c.get('realm').id;
        await keys.rotate(realmId, actorOf(c));
        return c.json(await listed(realmId), 200);
      },
    );
}

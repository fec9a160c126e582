import { z } from '@hono/zod-openapi';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import type { SigningKeys } from './service.ts';

const JwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string().optional(),
        x: z.string().optional(),
        y: z.string().optional(),
        n: z.string().optional(),
        e: z.string().optional(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .openapi('JsonWebKeySet');

/** Consumers look for new keys at least this often (seconds). */
const MAX_AGE = 300;

/** What others need to verify our tokens: the public keys, to which the issuer's metadata lead. */
export function discoveryRoutes(keys: SigningKeys) {
  return featureRouter().openapi(
    createRoute({
      operationId: 'discovery.getJwks',
      method: 'get',
      path: '/.well-known/jwks.json',
      level: PUBLIC,
      tags: ['Discovery'],
      summary: 'The public signing keys (RFC 7517)',
      responses: responses({ 200: json(JwksSchema, 'The keys') }, {}),
    }),
    async (c) => {
      c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
      return c.json((await keys.jwks(c.get('realm').id)) as z.infer<typeof JwksSchema>, 200);
    },
  );
}

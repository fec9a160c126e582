import { z } from '@hono/zod-openapi';
import { PUBLIC } from '../http/levels.ts';
import { createRoute, featureRouter, json, responses } from '../http/openapi.ts';
import { ALGORITHM, type SigningKeys } from './service.ts';

const JwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.string(),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.string(),
        use: z.string(),
      }),
    ),
  })
  .openapi('JsonWebKeySet');

const MetadataSchema = z
  .object({
    issuer: z.url(),
    jwks_uri: z.url(),
    response_types_supported: z.array(z.string()),
    subject_types_supported: z.array(z.string()),
    id_token_signing_alg_values_supported: z.array(z.string()),
  })
  .openapi('IssuerMetadata');

/** Consumers look for new keys at least this often (seconds). */
const MAX_AGE = 300;

/** What others need to verify our tokens: the issuer's metadata and its public keys. */
export function discoveryRoutes(keys: SigningKeys) {
  return featureRouter()
    .openapi(
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
    )
    .openapi(
      createRoute({
        operationId: 'discovery.getMetadata',
        method: 'get',
        path: '/.well-known/openid-configuration',
        level: PUBLIC,
        tags: ['Discovery'],
        summary: 'Issuer metadata (OpenID Connect Discovery 1.0)',
        description: 'Enough for a resource server to verify access tokens from the issuer alone.',
        responses: responses({ 200: json(MetadataSchema, 'The metadata') }, {}),
      }),
      (c) => {
        const { issuer } = c.get('realm');
        c.header('Cache-Control', `public, max-age=${MAX_AGE}`);
        return c.json(
          {
            issuer,
            jwks_uri: `${issuer}/.well-known/jwks.json`,
            response_types_supported: [],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: [ALGORITHM],
          },
          200,
        );
      },
    );
}

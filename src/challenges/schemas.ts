import { z } from '@hono/zod-openapi';

export const ChallengeSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('altcha'),
      challenge: z
        .object({ parameters: z.record(z.string(), z.unknown()), signature: z.string() })
        .openapi({ description: 'A challenge of ALTCHA, version 2' }),
    }),
    z.object({
      type: z.literal('turnstile'),
      site_key: z.string().openapi({ description: 'For the widget of Cloudflare Turnstile' }),
    }),
  ])
  .openapi('Challenge');

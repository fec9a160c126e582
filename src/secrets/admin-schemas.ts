import { z } from '@hono/zod-openapi';

export const ReencryptionBody = z
  .strictObject({
    cursor: z.string().max(500).optional().openapi({ description: '`next_cursor` of the portion before' }),
  })
  .openapi('Reencryption');

export const ReencryptedSchema = z
  .object({
    examined: z.int(),
    reencrypted: z.int(),
    unreadable: z
      .int()
      .openapi({ description: 'Encrypted under a secret that is not set; left as they are' }),
    next_cursor: z.string().nullable().openapi({ description: 'Null when nothing is left' }),
  })
  .openapi('Reencrypted');

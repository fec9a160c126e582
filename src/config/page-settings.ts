import { z } from 'zod';
import type { PageSettings } from '../lib/realm.ts';

const link = z
  .url({ protocol: /^https$/ })
  .max(2000)
  .nullable()
  .default(null);

const Settings = z.strictObject({
  terms: link,
  privacy: link,
  providers: z.enum(['above', 'below']).default('below'),
  text: z.string().trim().min(1).max(300).nullable().default(null),
  background: z
    .string()
    .toLowerCase()
    .regex(/^#[0-9a-f]{6}$/)
    .nullable()
    .default(null),
});

/** How the pages of realms greet people, by the realm: JSON. */
export const PagesByRealm = z.string().transform((json, context): ReadonlyMap<string, PageSettings> => {
  if (json === '') return new Map();
  try {
    return new Map(Object.entries(z.record(z.string(), Settings).parse(JSON.parse(json))));
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    const where = issue ? ` (${issue.path.join('.')}: ${issue.message})` : '';
    context.addIssue({
      code: 'custom',
      message: `must be JSON such as {"default":{"terms":"https://…"}}${where}`,
    });
    return z.NEVER;
  }
});

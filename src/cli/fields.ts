import type { z } from 'zod';

/** Prints what was answered, a field a line. */
export function printFields(found: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(found)) {
    const shown = Array.isArray(value) ? value.join(' ') : (value ?? '-');
    console.log(`${name.padEnd(18)}${shown}`);
  }
}

/** What was given, held against a schema of the API. Throws Error that names the field. */
export function checkedFields<Schema extends z.ZodType>(schema: Schema, fields: unknown): z.output<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`);
}

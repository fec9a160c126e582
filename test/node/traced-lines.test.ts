import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, it } from 'vitest';
import { linesOf } from '../../src/logs/traced-lines.ts';

it('says what nobody caught, and where, but nothing of what a query was asked with', () => {
  const { name, message, stack } = new DrizzleQueryError(
    'update users set email = ?',
    ['ada@example.com\nof a letter', '$argon2id$hash'],
    new Error('D1_ERROR: away'),
  );
  const exceptions = [{ name, message, timestamp: 1_700_000_000_000, ...(stack && { stack }) }];
  const [line] = linesOf({ logs: [], exceptions });
  const fields = JSON.parse(line?.json ?? '');
  expect(fields).toMatchObject({ level: 'error', event: 'uncaught' });
  expect(fields.error).toContain('update users set email = ?');
  expect(fields.stack).toContain('traced-lines.test.ts');
  expect(line?.json).not.toMatch(/ada@example|of a letter|argon2id/);
});

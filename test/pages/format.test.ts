import { expect, it } from 'vitest';
import { initialsOf } from '../../src/pages/kit/format.ts';

it.each([
  ['Ada Lovelace', 'AL'],
  ['Ada King, Countess of Lovelace', 'AL'],
  ['özlem', 'Ö'],
  ['boss@example.com', 'B'],
  ['ada.lovelace@example.com', 'AL'],
])('the initials of %s are %s', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});

import { beforeAll, it, vi } from 'vitest';
import { OperationFuzz } from '../support/operation-fuzz.ts';

const fuzz = await OperationFuzz.start('account');

beforeAll(() => {
  // A line for each request, of which request-log.test.ts knows what it says.
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

it.each(fuzz.operations)('$method $path answers whatever it is sent as it declares', (operation) =>
  fuzz.expectDeclared(operation),
);

it('comes to a success, and to a refusal of what was sent, with nearly every operation', () =>
  fuzz.expectReached());

it('has given every answer an id of its own, and no object a new property', () => fuzz.expectHarmless());

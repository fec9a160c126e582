import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, expect, it, vi } from 'vitest';
import { call, freshAddress, ORIGIN } from '../support/api.ts';
import { text } from '../support/hostile.ts';
import { OperationFuzz } from '../support/operation-fuzz.ts';

const fuzz = await OperationFuzz.start('others');

beforeAll(() => {
  // A line for each request, of which request-log.test.ts knows what it says.
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

it.each(fuzz.operations)('$method $path answers whatever it is sent as it declares', (operation) =>
  fuzz.expectDeclared(operation),
);

it('comes to a success, and to a refusal of what was sent, with nearly every operation', () =>
  fuzz.expectReached());

it('answers any address at all', async () => {
  const segment = fc.oneof(
    fc.constantFrom('v1', 'realms', 'default', 'docs', 'me', 'health', '.well-known', '%', '%00', '..', '😀'),
    text.map((value) => encodeURIComponent(value.toWellFormed())),
  );
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND');
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { maxLength: 6 }), method, async (segments, verb) => {
      const headers = { 'cf-connecting-ip': freshAddress() };
      const url = `${ORIGIN}/${segments.join('/')}`;
      const response = await exports.default.fetch(url, { method: verb, headers, redirect: 'manual' });
      const body = await response.text();
      const requestId = response.headers.get('x-request-id');
      fuzz.count(requestId);
      expect(response.status, body).toBeLessThan(500);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      if (response.status < 400) return;
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      if (verb !== 'HEAD') {
        expect(JSON.parse(body)).toMatchObject({ status: response.status, request_id: requestId });
      }
    }),
    { numRuns: 400 },
  );
});

it('gives text back as it was sent, or refuses it', async () => {
  const user = await fuzz.makeUser();
  const { accessToken: token } = await fuzz.openSession(user.id);
  await fc.assert(
    fc.asyncProperty(text, async (bio) => {
      const changed = await call('PATCH', '/v1/me', { token, body: { bio } });
      fuzz.count(changed.headers.get('x-request-id'));
      const read = await call('GET', '/v1/me', { token });
      fuzz.count(read.headers.get('x-request-id'));
      if (changed.status === 422) return;
      // Compared as JSON, which escapes lone surrogates: the reporter of a failure cannot send them.
      expect(JSON.stringify(changed.body.bio)).toBe(JSON.stringify(bio.trim()));
      expect(read.body).toEqual(changed.body);
    }),
    { numRuns: 150 },
  );
});

it('has given every answer an id of its own, and no object a new property', () => fuzz.expectHarmless());

import { expect, it } from 'vitest';
import { newCodeText, parseCodeText } from '../../src/account/code-text.ts';
import { userOfWaiting } from '../../src/account/contract.ts';
import { makeRefreshToken, parseRefreshToken } from '../../src/account/refresh-token.ts';
import { newId, newUserId } from '../../src/lib/ids.ts';
import { JURISDICTIONS } from '../../src/lib/jurisdiction.ts';

it.each([null, ...JURISDICTIONS])(
  'what names an account object names one in the jurisdiction %s',
  (place) => {
    const userId = newUserId(place);
    const sessionId = newId('ses');
    const token = makeRefreshToken(Buffer.alloc(32), { userId, sessionId, generation: 1 }, 'salt');
    expect(parseRefreshToken(token)?.userId).toBe(userId);
    expect(parseCodeText(newCodeText(userId).text)?.userId).toBe(userId);
    expect(userOfWaiting(`${userId}.${'A'.repeat(43)}`)).toBe(userId);
  },
);

it.each(['mars', 'eu_eu', ''])('there is no jurisdiction %j', (place) => {
  const userId = `${newUserId(null)}_${place}`;
  expect(parseCodeText(`lkc.${userId}.${'A'.repeat(43)}`)).toBeNull();
  expect(userOfWaiting(`${userId}.${'A'.repeat(43)}`)).toBeNull();
});

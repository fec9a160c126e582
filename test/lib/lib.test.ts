import { describe, expect, it } from 'vitest';
import { deriveKey, equalsInConstantTime } from '../../src/crypto/keys.ts';
import { clientKey } from '../../src/lib/client-address.ts';
import { describeDevice } from '../../src/lib/device.ts';
import { newId } from '../../src/lib/ids.ts';

it('ids sort by the time of their making, and do not repeat', () => {
  const early = newId('usr', 1_000);
  const late = newId('usr', 2_000);
  expect(early).toMatch(/^usr_[0-9a-z]{26}$/);
  expect(early < late).toBe(true);
  expect(new Set(Array.from({ length: 10_000 }, () => newId('ses', 5))).size).toBe(10_000);
});

describe('clientKey', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:85a3:8d3:1319:8a2e:370:7348', '2001:db8:85a3:8d3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::', 'fe80:0:0:0::/64'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['not:an:address', 'not:an:address'],
    ['unknown', 'unknown'],
  ])('%s is %s', (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});

it('names devices as their owners do', () => {
  expect(describeDevice(null)).toBeNull();
  expect(describeDevice('')).toBeNull();
  expect(describeDevice('curl/8.5.0')).toBe('curl');
  expect(
    describeDevice(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari on iOS');
});

it('derives one key a purpose from the secret', () => {
  const secret = 'a secret of some length, to be sure';
  expect(deriveKey(secret, 'decoy')).toEqual(deriveKey(secret, 'decoy'));
  expect(deriveKey(secret, 'decoy')).not.toEqual(deriveKey(secret, 'refresh-token'));
  expect(deriveKey(secret, 'decoy')).not.toEqual(deriveKey(`${secret}!`, 'decoy'));
  expect(deriveKey(secret, 'decoy')).toHaveLength(32);
});

it('compares secrets of any length', () => {
  expect(equalsInConstantTime('abc', 'abc')).toBe(true);
  expect(equalsInConstantTime('abc', 'abd')).toBe(false);
  expect(equalsInConstantTime('abc', 'ab')).toBe(false);
  expect(equalsInConstantTime('', '')).toBe(true);
});

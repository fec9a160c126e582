import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allowedRedirect } from '../../src/realms/redirect-service.ts';

const OWN = 'https://auth.test';
const realm = {
  redirectTargets: [
    'https://app.example.com',
    'https://good.example.com/callback',
    'https://port.example.com:8443',
    'com.example.app:/callback',
    'http://127.0.0.1/cb',
    'http://localhost',
  ],
};
const to = (target: string) => allowedRedirect(realm, OWN, target)?.href ?? null;

it.each([
  ['/account', 'https://auth.test/account'],
  ['/account?tab=1', 'https://auth.test/account?tab=1'],
  ['/realms/acme/account', 'https://auth.test/realms/acme/account'],
  ['https://auth.test/account', 'https://auth.test/account'],
  ['https://app.example.com', 'https://app.example.com/'],
  ['https://APP.example.com:443/any/path?x=1', 'https://app.example.com/any/path?x=1'],
  ['https://good.example.com/callback', 'https://good.example.com/callback'],
  ['https://port.example.com:8443/x', 'https://port.example.com:8443/x'],
  ['com.example.app:/callback', 'com.example.app:/callback'],
  ['http://127.0.0.1:53682/cb', 'http://127.0.0.1:53682/cb'],
  ['http://127.0.0.1/cb', 'http://127.0.0.1/cb'],
  ['http://localhost:3000/any', 'http://localhost:3000/any'],
])('may lead to %s', (target, href) => {
  expect(to(target)).toBe(href);
});

it.each([
  '',
  'account',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' https://app.example.com',
  'https:evil.example',
  'https:/evil.example',
  'https:\\\\evil.example',
  'https://evil.example',
  'https://evil.example/https://app.example.com',
  'https://app.example.com@evil.example',
  'https://app.example.com:x@evil.example/',
  'https://user@app.example.com/',
  'https://user:pass@app.example.com/',
  'https://@app.example.com\\@evil.example',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://app.example.com%2eevil.example',
  'https://app.example.com%00.evil.example',
  'https://app.example.com\u0000.evil.example',
  'https://app.example.com\u3002evil.example',
  'https://app.example.com\u202e',
  'https://app.example.com:8443/',
  'https://app.example.com./',
  'http://app.example.com/',
  'ftp://app.example.com/',
  'https://good.example.com/callback/',
  'https://good.example.com/callback/../other',
  'https://good.example.com/callback?x=1',
  'https://good.example.com/',
  'https://good.example.com/CALLBACK',
  'https://port.example.com/x',
  'https://app.example.com/#fragment',
  '/account#fragment',
  'com.example.app:/callback/more',
  'com.example.app:/callback?x=1',
  'com.example.app://callback',
  'com.example.app.evil:/callback',
  'COM.EXAMPLE.APP:/callback',
  'http://127.0.0.1:53682/other',
  'http://127.0.0.1.evil.example/cb',
  'http://127.0.0.2/cb',
  'https://127.0.0.1/cb',
  'http://localhost.evil.example/',
  'https://localhost/',
  'http://0x7f.1/other',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'blob:https://app.example.com/x',
  'view-source:https://app.example.com/',
  'file:///etc/passwd',
  'about:blank',
])('never leads to %j', (target) => {
  expect(to(target)).toBeNull();
});

it('never leads to an address longer than any is', () => {
  expect(to(`https://app.example.com/${'a'.repeat(1900)}`)).not.toBeNull();
  expect(to(`https://app.example.com/${'a'.repeat(2000)}`)).toBeNull();
});

it('leads nowhere but here in a realm without a list', () => {
  const allowed = (target: string) => allowedRedirect({ redirectTargets: [] }, OWN, target);
  expect(allowed('/account')?.href).toBe('https://auth.test/account');
  for (const target of ['https://app.example.com', 'http://localhost:3000', 'com.example.app:/callback']) {
    expect(allowed(target)).toBeNull();
  }
});

it('never leaves the list, whatever is written', () => {
  const part = fc.constantFrom(
    ...[
      '/',
      '\\',
      '//',
      '@',
      ':',
      '.',
      '?',
      '#',
      '%2f',
      '%5c',
      '%00',
      '\t',
      '\n',
      'https:',
      'http:',
      'javascript:',
    ],
    ...[
      'auth.test',
      'app.example.com',
      'evil.example',
      'localhost',
      '127.0.0.1',
      '443',
      'com.example.app:/callback',
    ],
  );
  const origins = [
    OWN,
    'https://app.example.com',
    'https://good.example.com',
    'https://port.example.com:8443',
  ];
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
      (target) => {
        const url = allowedRedirect(realm, OWN, target);
        if (!url) return;
        // As a browser reads the header that it gets.
        const read = new URL(url.href, 'https://elsewhere.test');
        const isListed =
          origins.includes(read.origin) ||
          /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(read.origin) ||
          read.href === 'com.example.app:/callback';
        expect(isListed, target).toBe(true);
        expect(read.username + read.password + read.hash).toBe('');
      },
    ),
    { numRuns: 5000 },
  );
});

import { describe, expect, it } from 'vitest';
import { buttonColors, contrast } from '../../src/lib/color.ts';
import { LANGUAGES } from '../../src/lib/language.ts';
import { tongueFor } from '../../src/messages/templates/language.ts';
import type { AccountChange, MailData, MailTemplate } from '../../src/messages/templates/mail-data.ts';
import { render } from '../../src/messages/templates/render.ts';
import { SAMPLE_BRAND as BRAND, SAMPLES } from '../../src/messages/templates/samples.ts';

const TEMPLATES = Object.keys(SAMPLES) as MailTemplate[];
const EVERY = TEMPLATES.flatMap((template) => LANGUAGES.map((language) => ({ template, language })));
/** What strangers may call themselves, and what their browsers may. */
const HOSTILE = {
  markup: '<script>alert(1)</script><img src=x onerror=alert(2)>',
  attribute: '" onmouseover="alert(1)" x="\'><b>',
  entity: '&lt;b&gt; &amp; {{7*7}} #{7*7}',
  header: 'Ada\r\nBcc: everybody@example.net\r\n\r\nDear customer',
  long: 'Wolfeschlegelsteinhausenbergerdorff '.repeat(200),
  unbroken: 'x'.repeat(10_000),
  'right to left': 'محمد بن سلمان',
  reordering: 'Ada\u202Eecalevol\u2066\u200F',
  emoji: '👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿'.repeat(20),
  combining: `Z${'\u0351'.repeat(500)}`,
  broken: '\ud800\0\u2028\x1b[31m',
  invisible: '\u200b\ufeff\u00ad ',
  address: 'You won, see www.evil.example/prize',
  prototype: '__proto__',
};
type Written = ReturnType<typeof render>;

/** The sample with its texts replaced, except for what only we make up. */
function hostile<T extends MailTemplate>(template: T, text: string): MailData[T] {
  const ours = ['link', 'code', 'at', 'resets_at', 'change', 'reason'];
  const replaced = (data: object): object =>
    Object.fromEntries(
      Object.entries(data).map(([field, value]) => {
        if (typeof value === 'object' && value !== null) return [field, replaced(value)];
        return [field, typeof value === 'string' && !ours.includes(field) ? text : value];
      }),
    );
  return replaced(SAMPLES[template]) as MailData[T];
}

async function elementsOf(html: string) {
  const elements: { name: string; attributes: [string, string][] }[] = [];
  const rewriter = new HTMLRewriter().on('*', {
    element: ({ tagName, attributes }) => {
      elements.push({ name: tagName, attributes: [...attributes] as [string, string][] });
    },
  });
  await rewriter.transform(new Response(html)).text();
  return elements;
}

async function expectSound({ subject, html, text }: Written, data: object) {
  const { link, code } = data as { link?: string; code?: string };
  if (link) {
    expect(html).toContain(`href="${link}"`);
    expect(text.split('\n')).toContain(link);
  }
  if (code) {
    expect(html).toMatch(new RegExp(`>\\s*${code}\\s*<`));
    expect(text.split('\n')).toContain(`    ${code}`);
  }
  for (const part of [subject, html, text]) {
    expect(part).not.toMatch(/undefined|\bnull\b|\[object|NaN|Invalid Date/);
    expect(part.isWellFormed()).toBe(true);
    expect(part).not.toMatch(/(?!\n)\p{Cc}|[\u202a-\u202e]/u);
  }
  expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  expect(subject.length).toBeGreaterThan(5);
  expect(subject.length).toBeLessThanOrEqual(140);
  for (const line of text.split('\n')) if (line !== link) expect(line.length).toBeLessThanOrEqual(78);
  expect(html.length).toBeLessThan(20_000);

  const elements = await elementsOf(html);
  const allowed = 'html head meta title style body div table tr td th h1 p a br'.split(' ');
  expect([...new Set(elements.map(({ name }) => name))].filter((name) => !allowed.includes(name))).toEqual(
    [],
  );
  const attributes = elements.flatMap((element) => element.attributes);
  const known = 'lang charset name content class style role align cellpadding cellspacing scope href';
  const strange = attributes.filter(([name]) => !known.split(' ').includes(name) && name !== 'aria-hidden');
  expect(strange).toEqual([]);
  const leaving = attributes.filter(([name, value]) => name === 'href' && !value.startsWith(BRAND.origin));
  expect(leaving).toEqual([]);
  expect(html).not.toMatch(/url\(|@import/i);
}

describe('every mail in every language', () => {
  it.each(EVERY)('$template, $language', async ({ template, language }) => {
    const data = SAMPLES[template];
    const mail = render(template, language, BRAND, data);
    await expectSound(mail, data);
    expect(mail.html).toMatch(/^<!doctype html><html lang="(en|de|fr|es)">/);
    expect(mail.html).toContain(`<html lang="${language}">`);
    for (const [field, value] of Object.entries(data)) {
      // Which of several texts it is.
      if (field === 'change' || field === 'reason') continue;
      // Times and quantities are put into words; what was given as text is there as it was given.
      if (typeof value === 'string' && !/^\d{4}-/.test(value)) expect(mail.html).toContain(value);
      if (typeof value === 'number') expect(mail.text).toContain(String(value));
    }
  });

  it.each(EVERY)(
    '$template, $language, whatever strangers call themselves',
    async ({ template, language }) => {
      for (const text of Object.values(HOSTILE)) {
        const data = hostile(template, text);
        await expectSound(render(template, language, { ...BRAND, name: text }, data), data);
      }
    },
  );

  it.each(EVERY)('$template, $language, with nothing known of the reader', async ({ template, language }) => {
    const unknown = Object.entries(SAMPLES[template]).map(([field, value]) => [
      field,
      ['name', 'place', 'device'].includes(field) ? null : value,
    ]);
    const data = Object.fromEntries(unknown);
    await expectSound(render(template, language, BRAND, data), data);
  });
});

it.each(LANGUAGES)(
  'says nothing of names within what it is given that look like addresses: %s',
  (language) => {
    const link = `${BRAND.origin}/account`;
    const written = [
      render('cap_warning', language, BRAND, {
        ...SAMPLES.cap_warning,
        api_key: { id: 'key_1', name: HOSTILE.address },
      }),
      render('billing_email_changed', language, BRAND, {
        name: null,
        told: { organization: HOSTILE.address, email_masked: 'b•••@a•••.test' },
        link,
      }),
    ];
    for (const { subject, html, text } of written) {
      for (const part of [subject, html, text]) expect(part).not.toMatch(/evil|undefined|\bnull\b/);
    }
  },
);

it('shows markup in a name as the text that it is', () => {
  const { html, text } = render('account_deleted', 'en', BRAND, { name: '<b>Ada</b> & "Co"' });
  expect(html).toContain('Hello &lt;b&gt;Ada&lt;/b&gt; &amp; &quot;Co&quot;,');
  expect(text).toContain('Hello <b>Ada</b> & "Co",');
});

it('leaves out names that mail programs would make links of, and no others', () => {
  const greeting = (name: string) => render('account_deleted', 'en', BRAND, { name }).text.split('\n')[2];
  for (const name of [
    'evil.example',
    'Win at http://evil',
    'see evil。example',
    'WWW.x',
    'x.com/prize',
    'Win x.com/prize',
    '1.1.1.1/pay',
    '127.1:80',
    'pay 1.1/now',
    'http://[::1]/',
    '[2001:db8::1]',
    'evil.c\u200dom',
    'evil\u200d.com',
    'evil\u034f.com',
    'evil\u3164.com',
    'x\u2024com',
    'ｘ．ｃｏｍ',
    'ⓔⓥⓘⓛ.ⓒⓞⓜ',
    'me@localhost',
    'mailto:x',
    'Call +1 (800) 555-0199 now',
    '\u200b',
    '\u200d',
    '',
  ]) {
    expect(greeting(name)).toBe('Hello,');
  }
  for (const name of [
    'J.R. Tolkien',
    'Dr. No',
    '李小龍',
    "O'Neil",
    '👩‍👩‍👧‍👦',
    '7',
    'Ada @ Home',
    'Louis XIV / 1.2',
  ]) {
    expect(greeting(name)).toBe(`Hello ${name},`);
  }
  expect(greeting('عمر')).toBe('Hello \u2068عمر\u2069,');
  expect(greeting('می\u200cخواهم')).toBe('Hello \u2068می\u200cخواهم\u2069,');
  expect(greeting(`${'é'.repeat(58)}👩‍👩‍👧‍👦`)).toBe(`Hello ${'é'.repeat(58)}…,`);
});

it('names the host where the brand has no name', () => {
  expect(render('account_deleted', 'en', { ...BRAND, name: '\u202e\n' }, { name: null }).subject).toBe(
    'Your auth.example.com account was deleted',
  );
});

it.each([
  'https://auth.example.com.evil.example/',
  'https://auth.example.com@evil.example/',
  'https://user@auth.example.com/',
  'https://evil.example/?https://auth.example.com',
  'http://auth.example.com/',
  '//auth.example.com/',
  '/reset',
  'javascript:alert(1)',
  'data:text/html,x',
  '',
])('refuses the link %j, and does not repeat it', (link) => {
  const write = () => render('account_exists', 'en', BRAND, { name: null, link });
  expect(write).toThrow(/^a link leads to a foreign origin$/);
});

it('refuses a code that is none, and a time that is none', () => {
  const code = { ...SAMPLES.one_time_code, code: '12 <b>' };
  expect(() => render('one_time_code', 'en', BRAND, code)).toThrow(TypeError);
  expect(() => render('new_device', 'en', BRAND, { ...SAMPLES.new_device, at: 'soon' })).toThrow(RangeError);
});

describe('the language', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['de-Latn-CH-1996', 'de'],
    ['DE', 'de'],
    ['en-GB', 'en'],
    ['fr-CA', 'fr'],
    ['es-419', 'es'],
    ['nl', 'en'],
    ['den', 'en'],
    ['de_DE', 'en'],
    ['', 'en'],
    ['<script>', 'en'],
    [null, 'en'],
  ])('of %j is %s', (locale, language) => {
    expect(tongueFor(locale).language).toBe(language);
  });

  it('differs in every part of every mail', () => {
    const lines = (mail: Written) => [mail.subject, ...mail.text.split(/\n\n/)];
    for (const language of LANGUAGES.filter((one) => one !== 'en')) {
      for (const template of TEMPLATES) {
        const en = lines(render(template, 'en', BRAND, SAMPLES[template]));
        const other = lines(render(template, language, BRAND, SAMPLES[template]));
        const shared = en.filter((line) => other.includes(line));
        expect(
          shared.filter((line) => line.trim() !== SAMPLES.one_time_code.code),
          language,
        ).toEqual([]);
        expect(other.length).toBe(en.length);
      }
    }
  });

  it.each([
    ['en', 'November 21, 2026 at 10:36 UTC'],
    ['en-GB', '21 November 2026 at 10:36 UTC'],
    ['en-u-ca-buddhist-nu-arab', 'November 21, 2026 at 10:36 UTC'],
    ['de', '21. November 2026 um 10:36 UTC'],
    ['fr', '21 novembre 2026 à 10:36 UTC'],
    ['es', '21 de noviembre de 2026 a las 10:36 UTC'],
    ['nl', 'November 21, 2026 at 10:36 UTC'],
  ])('%s writes a time as %s', (locale, time) => {
    const data = { ...SAMPLES.new_device, at: '2026-11-21T12:36:59+02:00' };
    expect(render('new_device', locale, BRAND, data).text).toContain(time);
  });

  it('counts one as one', () => {
    const text = (locale: string) =>
      render('welcome', locale, BRAND, { ...SAMPLES.welcome, hours: 1 }).text.replace(/\s+/g, ' ');
    expect(text('en')).toContain('valid for 1 hour and');
    expect(text('de')).toContain('ist 1 Stunde gültig');
    expect(text('fr')).toContain('valable 1 heure et');
    expect(text('es')).toContain('durante 1 hora y');
  });

  it('says that a quota is used up when it is', () => {
    const full = { ...SAMPLES.quota_warning, percent: 100 };
    expect(render('quota_warning', 'en', BRAND, full).subject).toBe(
      'Your Latchkey quota of images is used up',
    );
    expect(render('quota_warning', 'de', BRAND, full).subject).toContain('aufgebraucht');
  });
});

describe('colours', () => {
  it.each([
    '#000000',
    '#ffffff',
    '#1d4ed8',
    '#facc15',
    '#777777',
    '#ff0000',
    '#00ff00',
    '#1b2027',
    'red;x:url(y)',
  ])('on %s the button can be read and seen', (color) => {
    const { background, text, edge, darkEdge } = buttonColors(color);
    expect(contrast(background, text)).toBeGreaterThanOrEqual(4.5);
    expect(Math.max(contrast(edge, '#ffffff'), contrast(background, '#ffffff'))).toBeGreaterThanOrEqual(1.5);
    expect(Math.max(contrast(darkEdge, '#1b2027'), contrast(background, '#1b2027'))).toBeGreaterThanOrEqual(
      1.5,
    );
    expect(background).toMatch(/^#[0-9a-f]{6}$/);
  });
});

it.each(LANGUAGES)('account_changed has a text of its own for each change, %s', (language) => {
  const changes: AccountChange[] = [
    'phone_number_added',
    'phone_number_removed',
    'identity_unlinked',
    'api_key_created',
    'api_key_rotated',
    'api_key_revoked',
    'api_key_taken_over',
    'payment_method_added',
    'payment_method_removed',
    'payment_method_changed',
  ];
  const subjects = changes.map(
    (change) => render('account_changed', language, BRAND, { ...SAMPLES.account_changed, change }).subject,
  );
  expect(new Set(subjects).size).toBe(changes.length);
});

it.each(LANGUAGES)('account_changed says it whole where the name may not stand in a mail, %s', (language) => {
  const changes = [
    'identity_unlinked',
    'passkey_added',
    'passkey_confirmed',
    'passkey_removed',
    'totp_added',
    'totp_removed',
  ];
  const ofKeys = [
    'api_key_created',
    'api_key_rotated',
    'api_key_revoked',
    'api_key_taken_over',
    'own_key_revoked',
  ];
  for (const change of [...changes, ...ofKeys] as AccountChange[]) {
    const written = (about: string | null) =>
      render('account_changed', language, BRAND, { ...SAMPLES.account_changed, change, about });
    expect(written('Nightly').subject).toContain('Nightly');
    for (const about of [null, 'https://evil.example/win']) {
      const { subject, text } = written(about);
      expect(text).not.toContain('evil');
      expect(subject, change).toMatch(/^[^:]+[\p{L}\p{N}] \(Latchkey\)$/u);
      expect(subject).not.toMatch(/\s\s/);
    }
  }
});

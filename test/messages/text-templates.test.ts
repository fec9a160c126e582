import { expect, it } from 'vitest';
import { LANGUAGES } from '../../src/lib/language.ts';
import { renderText } from '../../src/messages/templates/render-text.ts';
import { SAMPLE_BRAND as BRAND, TEXT_SAMPLES } from '../../src/messages/templates/samples.ts';

/** The GSM 7-bit default alphabet, written down a second time: by ranges. */
const GSM = /^[A-Za-z0-9 \n\r@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&'()*+,./:;<=>?¡ÄÖÑÜ§¿äöñüà-]*$/;
const DATA = TEXT_SAMPLES.one_time_code;

const NAMES = [
  'Latchkey',
  'Café Größenwahn',
  'Łódź – “Taxi” €5 [beta] {x}|~^\\',
  'محمد',
  '👩‍👩‍👧‍👦',
  'A\r\n@evil.example #000000',
  'Wolfeschlegelsteinhausenbergerdorff und Söhne, Gesellschaft mit beschränkter Haftung'.repeat(9),
  '…'.repeat(200),
  '',
];

it.each(LANGUAGES.flatMap((language) => NAMES.map((name) => ({ language, name }))))(
  'one text message holds the code in $language for $name',
  ({ language, name }) => {
    for (const data of [DATA, { code: 'ABCD-1234-EFGH-5', minutes: 1 }]) {
      for (const host of ['auth.example.com', `${'a'.repeat(50)}.example.com`, 'localhost']) {
        const text = renderText(
          'one_time_code',
          language,
          { ...BRAND, name, origin: `https://${host}` },
          data,
        );
        expect(text).toMatch(GSM);
        expect(text.length).toBeLessThanOrEqual(160);
        expect(text.startsWith(`${data.code} `)).toBe(true);
        const lines = text.split('\n');
        expect(lines).toHaveLength(3);
        expect(lines[1]).toBe('');
        expect(lines[2]).toBe(`@${host} #${data.code}`);
        expect(text).not.toMatch(/ {2}|undefined|null/);
      }
    }
  },
);

it('reads well', () => {
  expect(renderText('one_time_code', 'en-GB', BRAND, DATA)).toBe(
    '482913 is your Latchkey code, valid for 10 minutes. Do not share it.\n\n@auth.example.com #482913',
  );
  expect(renderText('one_time_code', 'de-AT', { ...BRAND, name: 'Zoë’s Grüße' }, DATA)).toBe(
    '482913 ist Ihr Code für Zoes Grüße, gültig 10 Minuten. Geben Sie ihn nicht weiter.\n\n@auth.example.com #482913',
  );
  expect(renderText('one_time_code', 'fr', BRAND, DATA)).toBe(
    '482913 est votre code Latchkey, valable 10 minutes. Ne le partagez pas.\n\n@auth.example.com #482913',
  );
  expect(renderText('one_time_code', 'es', BRAND, DATA)).toBe(
    '482913 es su clave temporal de Latchkey y vence en 10 minutos. No la comparta.\n\n@auth.example.com #482913',
  );
});

it('binds to the host without its port, as the format has none', () => {
  const text = renderText('one_time_code', null, { ...BRAND, origin: 'http://localhost:8787' }, DATA);
  expect(text.split('\n').at(-1)).toBe('@localhost #482913');
});

it('does without the binding where the host leaves no room', () => {
  const label = 'a'.repeat(60);
  const origin = `https://${label}.${label}.${label}.example`;
  const text = renderText('one_time_code', 'de', { ...BRAND, origin }, DATA);
  expect(text).toBe('482913 ist Ihr Code, gültig 10 Minuten. Geben Sie ihn nicht weiter.');
});

it('refuses a code that would break the line which phones read', () => {
  for (const code of ['', '12', '12 34', '1234\n@evil.example #1234', '<b>123']) {
    expect(() => renderText('one_time_code', 'en', BRAND, { ...DATA, code })).toThrow(TypeError);
  }
});

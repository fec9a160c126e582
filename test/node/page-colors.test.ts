import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accentColors, backdropColors, buttonColors, contrast } from '../../src/lib/color.ts';

const tokens = readFileSync(join(import.meta.dirname, '../../src/pages/kit/style/1-tokens.css'), 'utf8');

/** A token in light and dark. */
function token(name: string): [light: string, dark: string] {
  const [, light, dark] =
    new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(tokens) ?? [];
  if (!light || !dark) throw new Error(`no token ${name}`);
  return [light, dark];
}

const GROUNDS = ['ground', 'card', 'raised', 'hover'];

describe('the colours of the kit', () => {
  it.each(['ink', 'soft', 'bad', 'good', 'warn'])('%s can be read on every ground', (name) => {
    for (const scheme of [0, 1] as const) {
      for (const ground of GROUNDS) {
        const ratio = contrast(token(name)[scheme], token(ground)[scheme]);
        expect(ratio, `${name} on ${ground}, ${['light', 'dark'][scheme]}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it.each(['bad', 'good', 'warn'])('%s can be read on its own ground', (name) => {
    for (const scheme of [0, 1] as const) {
      expect(contrast(token(name)[scheme], token(`${name}-ground`)[scheme])).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('the edge of what can be filled in is seen (WCAG 2.2, 1.4.11)', () => {
    for (const scheme of [0, 1] as const) {
      expect(contrast(token('edge')[scheme], token('card')[scheme])).toBeGreaterThanOrEqual(3);
    }
  });

  const COLORS = ['#000000', '#ffffff', '#ffcc00', '#ff00ff', '#1d4ed8', '#808080', '#00ff88', '#123', 'red'];

  it.each(COLORS)('a realm’s %s is written readably, and its buttons too', (color) => {
    const { light, dark } = accentColors(color);
    for (const ground of GROUNDS) {
      expect(contrast(light, token(ground)[0]), `light, ${ground}`).toBeGreaterThanOrEqual(4.5);
      expect(contrast(dark, token(ground)[1]), `dark, ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
    const { background, text } = buttonColors(color);
    expect(contrast(background, text)).toBeGreaterThanOrEqual(4.5);
  });

  it('what stands on a realm’s own ground can be read', () => {
    for (const color of COLORS.filter((one) => one.length === 7)) {
      for (const { ground, text } of Object.values(backdropColors(color))) {
        expect(contrast(ground, text), color).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});

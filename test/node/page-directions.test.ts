import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../src/pages/kit/style');
const files = readdirSync(FOLDER);

/** Declarations that put something on one side, whichever way a language runs. */
function sided(css: string): string[] {
  return css
    .replaceAll(/\/\*.*?\*\//gs, '')
    .split(/[;{}]/)
    .map((declaration) => declaration.trim().replaceAll(/\([^()]*\)/g, '()'))
    .filter((declaration) => {
      if (/\b(left|right)\b|\btranslateX\b/.test(declaration)) return true;
      if (/^box-shadow:.*inset -?[1-9.]/.test(declaration)) return true;
      const [, second, fourth] =
        /^(?:margin|padding|inset|border-width): \S+ (\S+) \S+ (\S+)$/.exec(declaration) ?? [];
      return second !== fourth;
    });
}

describe('the styles of pages', () => {
  it.each(files)('%s runs as the language of the page does', (file) => {
    expect(sided(readFileSync(join(FOLDER, file), 'utf8'))).toEqual([]);
  });

  it('are judged by what they say of sides', () => {
    const bad = [
      'padding-left: 1px',
      'text-align: right',
      'inset: 0 auto auto 0',
      'box-shadow: inset 2px 0 red',
    ];
    expect(sided(`a { ${bad.join('; ')}; margin: 0 auto 1px auto; margin-inline-start: 0 }`)).toEqual(bad);
  });
});

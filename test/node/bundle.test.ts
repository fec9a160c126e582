import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { calledResources } from '../../src/cli/stripe-sdk.ts';
import * as bundledZod from '../../src/lib/zod-parts.ts';

const ROOT = join(import.meta.dirname, '../..');
const sources = globSync('src/**/*.{ts,tsx}', { cwd: ROOT, exclude: ['src/cli/**', 'src/client/**'] }).map(
  (path) => readFileSync(join(ROOT, path), 'utf8'),
);

describe('what the bundle has of its packages', () => {
  it('is all of Zod that the sources name', () => {
    // Of `core` only types are named.
    const types = ['core', 'infer', 'input', 'output'];
    const named = sources.flatMap((text) => [...text.matchAll(/\bz\.(\w+)/g)].map(([, name = '']) => name));
    expect(named.length).toBeGreaterThan(500);
    expect([...new Set(named)].filter((name) => !(name in bundledZod) && !types.includes(name))).toEqual([]);
  });

  it("is all of Stripe's SDK that the sources call", async () => {
    // @ts-expect-error it has no types of its own
    const { default: Stripe } = await import('../../generated/stripe.js');
    const stripe = new Stripe('sk_test_of_nobody', { httpClient: Stripe.createFetchHttpClient() });
    const text = readFileSync(join(ROOT, 'src/billing/providers/stripe.ts'), 'utf8');
    const calls = [...text.matchAll(/\bstripe\s*((?:\.\w+\s*)+)\(/g)].map(([, path = '']) =>
      path.replaceAll(/\s/g, '').slice(1),
    );
    expect(calls.length).toBeGreaterThan(25);
    for (const call of calls) {
      const called = call.split('.').reduce((at, name) => at?.[name], stripe);
      expect(called, call).toBeTypeOf('function');
    }
    expect(stripe.payouts.create).toBeUndefined();
  });

  it("is of no resource that Stripe's SDK does not have", () => {
    expect(() => calledResources(ROOT, 'stripe.unicorns.create(')).toThrow('Unicorns.js');
  });
});

describe('what an isolate evaluates when it starts', () => {
  let evaluated: Set<string>;

  beforeAll(async () => {
    const { metafile } = await build({
      entryPoints: [join(ROOT, 'src/worker.ts')],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      conditions: ['workerd', 'worker'],
      external: ['cloudflare:*', 'node:*', '*.wasm'],
      logLevel: 'error',
    });
    evaluated = reachable(metafile, 'src/worker.ts');
  });

  it('is the routes that are asked for often, and no others', () => {
    const routes = [...evaluated].filter((path) => /^src\/.*routes\.tsx?$/.test(path)).sort();
    expect(routes).toEqual([
      'src/authorize/routes.ts',
      'src/passwords/routes.ts',
      'src/profile/routes.ts',
      'src/sessions/routes.ts',
    ]);
  });

  it('is no page, no document, no job and nothing that operators alone do', () => {
    const seldom =
      /^src\/(pages|docs|dev|languages|billing|admin|import|backup|privacy|cron\.ts|services\.ts)|admin-(routes|service)\.ts$/;
    expect([...evaluated].filter((path) => seldom.test(path))).toEqual([]);
  });

  it('is nothing of an older service but which are spoken', () => {
    expect([...evaluated].filter((path) => path.startsWith('src/compat/'))).toEqual(['src/compat/spoken.ts']);
  });
});

/** The modules that an entry imports, not counting what it imports when that is used. */
function reachable({ inputs }: Metafile, entry: string): Set<string> {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { path: to, kind, external } of inputs[path]?.imports ?? []) {
      if (!external && kind !== 'dynamic-import') found.add(to);
    }
  }
  return found;
}

import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFor, bundleWorker } from '../../src/cli/bundle-worker.ts';
import { deploymentOf, readToml } from '../../src/cli/deployment.ts';
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
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bundle-'));
  let metafile: Metafile;
  let evaluated: Set<string>;

  beforeAll(async () => {
    metafile = await bundleWorker('src/worker.ts', folder, await readToml('wrangler.toml'));
    evaluated = reachable(metafile.inputs, 'src/worker.ts');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

  it('is two fifths of all there is', () => {
    const { outputs } = metafile;
    const code = Object.keys(outputs).filter((path) => path.endsWith('.part.mjs'));
    const entry = code.find((path) => path.endsWith('/worker.part.mjs')) as string;
    const size = (paths: Iterable<string>) =>
      [...paths].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0);
    const share = size(reachable(outputs, entry)) / size(code);
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.42);
  });

  it('is nothing of an older service but which are spoken', () => {
    expect([...evaluated].filter((path) => path.startsWith('src/compat/'))).toEqual(['src/compat/spoken.ts']);
  });
});

describe('the bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bundle-'));
  const entry = join(folder, 'index.ts');
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const made = async (config: Parameters<typeof bundleWorker>[2]) => {
    const target = mkdtempSync(join(folder, 'worker-'));
    await bundleWorker(entry, target, config);
    const told = (await import(join(target, 'worker.part.mjs'))).default();
    return { files: readdirSync(target).sort(), told: await told };
  };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has what is imported when it is needed as a module of its own', async () => {
    write('index.ts', `export default async () => (await import('./seldom.ts')).told;`);
    write('seldom.ts', `export const told = 'this';`);
    const seldom = expect.stringMatching(/^seldom-\w+\.part\.mjs$/);
    expect(await made({})).toEqual({ files: [seldom, 'worker.part.mjs'], told: 'this' });
  });

  it('takes the modules and constants that the configuration names, and maps where they are uploaded', async () => {
    write('index.ts', `import { told } from 'whatever'; export default () => told + STAGE;`);
    const config = { alias: { whatever: join(folder, 'seldom.ts') }, define: { STAGE: '" and that"' } };
    expect((await made(config)).told).toBe('this and that');
    const { files } = await made({ ...config, upload_source_maps: true });
    expect(files).toEqual(['worker.part.mjs', 'worker.part.mjs.map']);
  });

  it('names modules of Node by their whole names, as workerd has them', async () => {
    write('index.ts', `import { platform } from 'os'; export default () => platform();`);
    expect((await made({})).told).toBe('linux');
    const target = join(folder, 'again');
    await bundleWorker(entry, target, {});
    expect(readFileSync(join(target, 'worker.part.mjs'), 'utf8')).toContain('from"node:os"');
  });

  it('is uploaded whole, whatever rules of its own a fork has', async () => {
    const text = { type: 'Text' as const, globs: ['**/*.sql'] };
    expect((await deploymentOf(undefined, { rules: [text] })).rules).toEqual([
      { type: 'ESModule', globs: ['**/*.part.mjs'], fallthrough: true },
      text,
    ]);
  });

  it('is left to a fork that makes one in its own way', async () => {
    for (const own of [{ no_bundle: true }, { build: { command: 'make' } }]) {
      expect(await bundleFor({ main: entry, ...own }, join(folder, 'none'))).toEqual([]);
    }
  });
});

type Imports = Record<string, { imports: { path: string; kind: string; external?: boolean }[] }>;

/** The modules that an entry imports, not counting what it imports when that is used. */
function reachable(modules: Imports, entry: string): Set<string> {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { path: to, kind, external } of modules[path]?.imports ?? []) {
      if (!external && kind !== 'dynamic-import') found.add(to);
    }
  }
  return found;
}

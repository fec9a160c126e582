import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import type { Unstable_RawConfig as WranglerConfig } from 'wrangler';
import { MODULES } from './deployment.ts';
import { ROOT } from './root.ts';

/** workerd has Node's own modules by their whole names. */
const nodeModules: Plugin = {
  name: 'node-modules',
  setup({ onResolve }) {
    const names = builtinModules.filter((name) => !name.startsWith('_'));
    onResolve({ filter: new RegExp(`^(node:)?(${names.join('|')})$`) }, ({ path }) => ({
      path: path.startsWith('node:') ? path : `node:${path}`,
      external: true,
    }));
  },
};

/**
 * Bundles a Worker into an empty folder, by modules: what is imported when it is first needed is a module of its own, which a start
 * reads and does not evaluate. wrangler's own bundle is one module, in which all of that is wrapped and read twice. Returns what each
 * file holds; the entry is `worker.part.mjs`. Throws where the source does not build.
 */
export async function bundleWorker(
  entry: string,
  folder: string,
  { alias, define, upload_source_maps }: Pick<WranglerConfig, 'alias' | 'define' | 'upload_source_maps'>,
): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: { worker: entry },
    absWorkingDir: ROOT,
    outdir: folder,
    outExtension: { '.js': MODULES },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    minify: true,
    sourcemap: upload_source_maps ? 'linked' : false,
    alias,
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    external: ['cloudflare:*'],
    loader: { '.wasm': 'copy' },
    plugins: [nodeModules],
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/**
 * Bundles what a configuration names into an empty folder, and gives the arguments by which `wrangler deploy` takes that; none
 * where a fork bundles in its own way. Throws where the source does not build.
 */
export async function bundleFor(config: WranglerConfig, folder: string): Promise<string[]> {
  if (config.no_bundle || config.build?.command || !config.main) return [];
  await bundleWorker(config.main, folder, config);
  return [join(folder, `worker${MODULES}`), '--no-bundle', '--no-minify'];
}

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { ROOT } from './root.ts';

/** Packages of which the Worker has only what it calls. */
const ALIASES = {
  zod: './src/lib/zod.ts',
  stripe: './generated/stripe.js',
  '@simplewebauthn/server': './generated/webauthn.js',
  '@simplewebauthn/server/helpers': './generated/webauthn.js',
};

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
 * Bundles a Worker into a folder, by modules: what is imported when it is first needed is a module of its own, and costs a start
 * nothing but to be read. wrangler's own bundle is one module, in which all of that is wrapped and read twice. The entry is
 * `worker.part.mjs`. The same source comes to the same files, so that several may do it at once. Returns what each file holds. Throws
 * where the source does not build.
 */
export async function bundleWorker(entry: string, folder: string): Promise<Metafile> {
  const { outputFiles, metafile } = await build({
    entryPoints: { worker: entry },
    absWorkingDir: ROOT,
    outdir: folder,
    outExtension: { '.js': '.part.mjs' },
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    // A third less to load at a cold start; nothing goes by the names of functions.
    minify: true,
    sourcemap: 'linked',
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: ALIASES,
    external: ['cloudflare:*'],
    loader: { '.wasm': 'copy' },
    plugins: [nodeModules],
    metafile: true,
    logLevel: 'warning',
  });
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    for (const { path, contents } of outputFiles) {
      // What is the same stays; whoever reads the rest meanwhile reads it whole.
      if (existsSync(path) && readFileSync(path).equals(contents)) continue;
      const unfinished = join(work, basename(path));
      writeFileSync(unfinished, contents);
      renameSync(unfinished, path);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const names = new Set(outputFiles.map(({ path }) => basename(path)));
  for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name), { force: true });
  return metafile;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { OpenApiDocument } from './openapi-document.ts';

/** Stubs what Node lacks: modules of the Workers runtime, and WebAssembly modules. Routes declare themselves without them. */
const withoutRuntime: Plugin = {
  name: 'without-runtime',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:|\.wasm$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: 'module.exports = { DurableObject: Object, RpcTarget: Object, WorkerEntrypoint: Object };',
    }));
  },
};

/** Makes the OpenAPI document in Node: bundles the app, whose pages are JSX, and runs it. Throws if the app does not build. */
export async function bundledDocument(): Promise<OpenApiDocument> {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-'));
  try {
    const outfile = join(directory, 'app.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'openapi-document.ts')],
      bundle: true,
      outfile,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      plugins: [withoutRuntime],
    });
    const app: typeof import('./openapi-document.ts') = await import(pathToFileURL(outfile).href);
    return app.documentOfApp();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

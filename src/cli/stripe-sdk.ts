import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ROOT } from './root.ts';

/** Where Latchkey calls the SDK. */
const CALLER = join(ROOT, 'src/billing/providers/stripe.ts');
/** `stripe.checkout.sessions.create`: a resource, which may stand in a group, and what is done with it. */
const CALL = /\bstripe\s*\.(\w+(?:\.\w+)?)\s*\.\w+/g;
/** What is called like a resource, and is none. */
const OTHERS = ['webhooks'];

/**
 * The resources of Stripe's SDK that Latchkey calls, as paths of the SDK's modules below `resources`. Throws for one that the
 * SDK does not have.
 */
export function calledResources(sdk: string, source = readFileSync(CALLER, 'utf8')): Set<string> {
  const names = new Set([...source.matchAll(CALL)].map(([, name = '']) => name));
  for (const other of OTHERS) names.delete(other);
  const paths = [...names].map((name) => `${name.split('.').map(capitalised).join('/')}.js`);
  const absent = paths.find((path) => !existsSync(join(sdk, 'resources', path)));
  if (absent) throw new Error(`Stripe's SDK has no resource ${absent}`);
  return new Set(paths);
}

/**
 * Writes Stripe's SDK for the Worker into one file, without the resources that Latchkey does not call: of its hundred and
 * fifty it calls a dozen.
 */
export async function writeStripeSdk(outfile: string): Promise<void> {
  // The package names no path of its own but the entry.
  const sdk = join(dirname(createRequire(import.meta.url).resolve('stripe')), '../esm');
  const called = calledResources(sdk);
  const groups = new Set([...called].map((path) => join(dirname(path), 'index.js')));
  const onlyCalled: Plugin = {
    name: 'only-called-resources',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]esm[\\/]resources[\\/].*\.js$/ }, ({ path }) => {
        const name = relative(join(sdk, 'resources'), path);
        return called.has(name) || groups.has(name) ? undefined : { contents: withoutMethods(path) };
      });
      onLoad({ filter: /[\\/]esm[\\/]StripeEventNotificationHandler\.js$/ }, ({ path }) => ({
        contents: withoutMethods(path),
      }));
      // The list of all of them, of which the client takes one.
      onLoad({ filter: /[\\/]esm[\\/]resources\.js$/ }, () => ({
        contents: `export { OAuthResource } from './resources/OAuth.js';`,
      }));
    },
  };
  await build({
    entryPoints: [join(sdk, 'stripe.esm.worker.js')],
    bundle: true,
    outfile,
    format: 'esm',
    logLevel: 'error',
    // A class that was left out whole.
    logOverride: { 'import-is-undefined': 'error' },
    plugins: [onlyCalled],
  });
}

const capitalised = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** The classes that a module exports, empty. */
function withoutMethods(path: string): string {
  const classes = readFileSync(path, 'utf8').matchAll(/^export class (\w+)/gm);
  return [...classes].map(([, name]) => `export class ${name} {}`).join('\n');
}

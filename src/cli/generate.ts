import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { helpIfAsked } from './command.ts';
import { commonPasswords } from './common-passwords.ts';
import { GUIDE_HEADERS, writeGuides } from './guides/assets.ts';
import { numberingPlans } from './numbering-plans.ts';
import { bundledDocument } from './openapi-bundle.ts';
import { keyedOperations, openApiTypes } from './openapi-types.ts';
import { writePageAssets } from './page-assets.ts';
import { ribbonFilter } from './ribbon-filter.ts';
import { writeStripeSdk } from './stripe-sdk.ts';
import { writeWebAuthn } from './webauthn.ts';

// Makes what the Worker takes from packages but cannot import, and the types of the OpenAPI document. `npm ci` runs this;
// `generated/` is not committed.

helpIfAsked('prepare');

const { resolve } = createRequire(import.meta.url);
const generated = join(import.meta.dirname, '../../generated');
const docs = join(generated, 'assets/docs');
mkdirSync(docs, { recursive: true });

for (const asset of [
  'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui-dist/swagger-ui.css',
  'redoc/bundles/redoc.standalone.js',
]) {
  copyFileSync(resolve(asset), join(docs, basename(asset)));
}

const icon = writePageAssets(generated);
// What asks for this name by itself, without a page, takes the picture of the pages.
writeFileSync(join(generated, 'assets/_redirects'), `/favicon.ico ${icon} 302\n`);
writeGuides(join(generated, 'assets'));

const headers = (path: string, fields: Record<string, string>) =>
  [path, ...Object.entries(fields).map(([name, value]) => `  ${name}: ${value}`)].join('\n');
writeFileSync(
  join(generated, 'assets/_headers'),
  [
    headers('/pages/*', { 'Cache-Control': 'public, max-age=31536000, immutable' }),
    ...['/docs/guides*', '/docs/pictures/*', '/llms*'].map((path) => headers(path, GUIDE_HEADERS)),
    '',
  ].join('\n'),
);

writeFileSync(
  join(generated, 'common-passwords.ts'),
  `import type { RibbonFilter } from '../src/lib/ribbon-filter.ts';

/** Common passwords in the form in which they are compared. */
export const COMMON_PASSWORDS: RibbonFilter = ${JSON.stringify(ribbonFilter(commonPasswords()))};
`,
);

writeFileSync(
  join(generated, 'numbering-plans.ts'),
  `import type { MetadataJson } from 'libphonenumber-js/core';

/** The world's numbering plans, as libphonenumber-js reads them. */
export const NUMBERING_PLANS = ${JSON.stringify(numberingPlans())} as unknown as MetadataJson;
`,
);

await writeStripeSdk(join(generated, 'stripe.js'));
await writeWebAuthn(join(generated, 'webauthn.js'));

const document = await bundledDocument();
writeFileSync(join(generated, 'openapi.ts'), openApiTypes(document));
writeFileSync(join(generated, 'keyed-operations.ts'), keyedOperations(document));

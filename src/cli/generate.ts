import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { helpIfAsked } from './command.ts';
import { commonPasswords } from './common-passwords.ts';
import { GUIDE_HEADERS, writeGuides } from './guides/assets.ts';
import { numberingPlans } from './numbering-plans.ts';
import { bundledDocument } from './openapi-bundle.ts';
import { keyedOperations, openApiTypes } from './openapi-types.ts';
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

// Named by their content, so that browsers may keep them for good.
const pages = join(generated, 'assets/pages');
rmSync(pages, { recursive: true, force: true });
mkdirSync(pages, { recursive: true });
const paths = ['style.css', 'icon.svg', 'passkeys.js', 'challenge.js', 'awaiting.js'].map((name) => {
  const content = readFileSync(join(import.meta.dirname, '../pages/kit', name));
  const [stem, extension] = name.split('.');
  const named = `${stem}.${createHash('sha256').update(content).digest('hex').slice(0, 12)}.${extension}`;
  writeFileSync(join(pages, named), content);
  return `/pages/${named}`;
});
writeFileSync(
  join(generated, 'page-assets.ts'),
  `/** Where the pages' stylesheet, icon, and scripts of passkeys, of challenges and of waiting are. */\nexport const [STYLESHEET, ICON, PASSKEYS, CHALLENGE, AWAITING] = ${JSON.stringify(paths)} as const;\n`,
);
// What asks for this name by itself, without a page, takes the picture of the pages.
writeFileSync(join(generated, 'assets/_redirects'), `/favicon.ico ${paths[1]} 302\n`);
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

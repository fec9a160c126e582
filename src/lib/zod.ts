// What of Zod the Worker is bundled with: `wrangler.toml` puts this in the place of the package.
import * as z from './zod-parts.ts';

export * from './zod-parts.ts';
export { z, z as default };

import { join } from 'node:path';

/** The folder of the project, where wrangler runs: relative paths in flags are relative to it. */
export const ROOT = join(import.meta.dirname, '../..');

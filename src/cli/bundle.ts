import { join } from 'node:path';
import { bundleWorker } from './bundle-worker.ts';
import { ROOT } from './root.ts';

// What wrangler runs before it uploads or serves the Worker, and whenever its source changes: see [build] in wrangler.toml.

await bundleWorker('src/worker.ts', join(ROOT, 'generated/worker'));

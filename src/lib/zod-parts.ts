// Left out are the translations of messages, the compiler, and JSON Schema in and out: who asks for the whole namespace, as
// `@hono/zod-openapi` does, has all of it bundled, which is a tenth of the Worker. A test holds that nothing of it is used.

export * from '../../node_modules/zod/v4/classic/checks.js';
export * as coerce from '../../node_modules/zod/v4/classic/coerce.js';
export * from '../../node_modules/zod/v4/classic/errors.js';
export * as iso from '../../node_modules/zod/v4/classic/iso.js';
export * from '../../node_modules/zod/v4/classic/parse.js';
export * from '../../node_modules/zod/v4/classic/schemas.js';
export { config, globalRegistry, NEVER, registry } from '../../node_modules/zod/v4/core/index.js';

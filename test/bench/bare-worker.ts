import { pathOf } from '../../src/http/realm-path.ts';
import worker from '../../src/worker.ts';

// The Worker itself, with the route beside it by which the bench finds it.
export * from '../../src/worker.ts';

export default {
  ...worker,
  fetch: (request, bindings, ctx) =>
    pathOf(request.url) === '/__floor' ? new Response('ok\n') : worker.fetch(request, bindings, ctx),
} satisfies ExportedHandler<Parameters<typeof worker.fetch>[1]>;

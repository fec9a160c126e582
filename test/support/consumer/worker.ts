import type { Auth } from '../../../src/worker.ts';

interface Bindings {
  AUTH: Service<typeof Auth>;
  LATCHKEY: Fetcher;
}

/** A call that a test wants made: `method` may be dotted. */
interface Call {
  binding: string;
  method: string;
  args: unknown[];
}

/** What a service of a product does: it asks before it works. */
async function generate(request: Request, { AUTH }: Bindings): Promise<Response> {
  const token = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
  const verified = await AUTH.verify(token);
  if (!verified.ok) return Response.json(verified.error, { status: verified.error.status });
  return Response.json({ made_for: verified.value.user_id });
}

/** Makes a call as any Worker could: with names and arguments that no compiler has seen. */
async function call({ binding, method, args }: Call, bindings: Bindings): Promise<Response> {
  const names = method.split('.');
  const last = names.pop() as string;
  let target: any = bindings[binding as keyof Bindings];
  for (const name of names) target = target[name];
  try {
    return Response.json({ returned: await target[last](...args) });
  } catch (error) {
    return Response.json({ thrown: String(error) });
  }
}

export default {
  async fetch(request, bindings) {
    const { pathname } = new URL(request.url);
    if (pathname === '/call') return call(await request.json(), bindings);
    if (pathname === '/generate') return generate(request, bindings);
    return bindings.LATCHKEY.fetch(request);
  },
} satisfies ExportedHandler<Bindings>;

import { LatchkeyError, metered } from '../../../src/client/worker.ts';
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
  const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? '';
  const reference = request.headers.get('idempotency-key') ?? crypto.randomUUID();
  const asked = await AUTH.authorize({ token, resource: 'images', credits: 5, reference });
  if (!asked.ok) return Response.json(asked.error, { status: asked.error.status });
  if (!asked.value.allowed) return Response.json(asked.value, { status: 403 });
  return Response.json({ made_for: asked.value.user_id, left: asked.value.quota?.remaining });
}

/** Work that was to cost as many pictures as are asked for, and costs one less; or fails where `fail` is asked for. */
async function draw(request: Request, { AUTH }: Bindings): Promise<Response> {
  const { user_id, quantity, fail } = await request.json<{
    user_id: string;
    quantity: number;
    fail?: true;
  }>();
  try {
    const ask = { user_id, resource: 'images', quantity };
    const drawn = await metered(AUTH, ask, async ({ used, reservation }) => {
      if (fail) throw new Error('no picture');
      used(quantity - 1);
      return reservation.quota.remaining;
    });
    return Response.json({ left: drawn });
  } catch (error) {
    return Response.json(
      { code: error instanceof LatchkeyError ? error.code : String(error) },
      { status: 400 },
    );
  }
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
    if (pathname === '/draw') return draw(request, bindings);
    if (pathname === '/generate') return generate(request, bindings);
    return bindings.LATCHKEY.fetch(request);
  },
} satisfies ExportedHandler<Bindings>;

import { z } from 'zod';
import { ConfigError } from '../env.ts';
import { ApiError } from '../errors.ts';
import { validationFailed } from '../http/openapi.ts';
import { logFailure, toApiError } from '../http/problem.ts';
import { grants, SCOPES, type Scope } from '../lib/scopes.ts';
import type { Realm, Realms } from '../realms/service.ts';
import { failure, type Outcome } from './outcome.ts';

/** What a binding's `props` allow: a realm, the default one unless named, and what may be done in it. */
export interface AuthProps {
  realm?: string;
  scopes: Scope[];
}

const Props = z.object({ realm: z.string().default('default'), scopes: z.array(z.enum(SCOPES)) });

/** What a method is. */
interface Method<Input, Services, Value> {
  name: string;
  /** Null for what any binding with props may do. */
  scope: Scope | null;
  schema: z.ZodType<Input>;
  work(services: Services, realm: Realm, input: Input): Promise<Value>;
}

/** One binding of another Worker: holds its calls against its props, and turns what they come to into values. */
export class Binding<Services extends { realms: Realms }> {
  readonly #services: () => Services;
  readonly #props: unknown;

  constructor(services: () => Services, props: unknown) {
    this.#services = services;
    this.#props = props;
  }

  /** Runs a call. Never throws. */
  async call<Input, Value>(method: Method<Input, Services, Value>, input: unknown): Promise<Outcome<Value>> {
    const started = Date.now();
    const outcome = await this.#attempt(method, input);
    console.log(
      JSON.stringify({
        level: 'info',
        event: 'rpc',
        method: method.name,
        code: outcome.ok ? null : outcome.error.code,
        ms: Date.now() - started,
      }),
    );
    return outcome;
  }

  async #attempt<Input, Value>(
    method: Method<Input, Services, Value>,
    input: unknown,
  ): Promise<Outcome<Value>> {
    try {
      const services = this.#services();
      const props = this.#allowed(method.scope);
      const parsed = method.schema.safeParse(input);
      if (!parsed.success) throw validationFailed(parsed.error);
      const realm = await services.realms.get(props.realm);
      return { ok: true, value: await method.work(services, realm, parsed.data) };
    } catch (thrown) {
      const error = thrown instanceof ConfigError ? new ApiError('misconfigured') : toApiError(thrown);
      const failed = failure(error);
      if (failed.status >= 500) logFailure(thrown, { event: 'rpc_failed', method: method.name });
      return { ok: false, error: failed };
    }
  }

  #allowed(scope: Scope | null): z.output<typeof Props> {
    const props = Props.safeParse(this.#props);
    if (!props.success) {
      throw new ApiError('insufficient_scope', { detail: 'The binding has no `props` that allow anything.' });
    }
    if (scope && !grants(props.data.scopes, scope)) {
      throw new ApiError('insufficient_scope', { detail: `This needs the scope \`${scope}\`.` });
    }
    return props.data;
  }
}

import { z } from 'zod';
import { ApiError } from '../errors.ts';
import { validationFailed } from '../http/openapi.ts';
import { logFailure, toApiError } from '../http/problem.ts';
import { requireScope } from '../http/service-authentication.ts';
import { log } from '../lib/log.ts';
import { DEFAULT_REALM, type Realm } from '../lib/realm.ts';
import { SCOPES, type Scope } from '../lib/scopes.ts';
import { payerOf } from '../plans/payer-schemas.ts';
import type { PayingParty } from '../wallet/payers.ts';
import { failure, type Outcome } from './outcome.ts';
import type { RpcServices } from './services.ts';

/** What a binding's `props` allow: a realm, the default one unless named, and what may be done in it. */
export interface AuthProps {
  realm?: string;
  scopes: Scope[];
}

const Props = z.object({ realm: z.string().default(DEFAULT_REALM), scopes: z.array(z.enum(SCOPES)) });

/** Who calls. */
export interface Caller {
  realm: Realm;
  /** By which the ledger and the audit know them. */
  actor: string;
  scopes: readonly Scope[];
}

/** Whom a call names, of the caller's realm. */
export function ownerOf({ realm, actor }: Caller, named: Parameters<typeof payerOf>[0]): PayingParty {
  return payerOf(named, realm.id, actor);
}

/** What a method is: what it needs, what it takes, and what it does. */
export interface Method<Input, Value> {
  name: string;
  /** Null for what any binding with props may do. */
  scope: Scope | null;
  schema: z.ZodType<Input>;
  work(services: RpcServices, caller: Caller, input: Input): Promise<Value>;
}

/** All bindings are one actor: nothing tells them apart that the other Worker could not write itself. */
const ACTOR = 'binding';

/** One binding of another Worker: holds its calls against its props, and turns what they come to into values. */
export class Binding {
  readonly #services: () => RpcServices;
  readonly #props: unknown;

  constructor(services: () => RpcServices, props: unknown) {
    this.#services = services;
    this.#props = props;
  }

  /** Runs a call. Never throws. */
  async call<Input, Value>(method: Method<Input, Value>, input: unknown): Promise<Outcome<Value>> {
    const started = Date.now();
    const outcome = await this.#attempt(method, input);
    log('info', 'rpc', {
      method: method.name,
      code: outcome.ok ? null : outcome.error.code,
      ms: Date.now() - started,
    });
    return outcome;
  }

  async #attempt<Input, Value>(method: Method<Input, Value>, input: unknown): Promise<Outcome<Value>> {
    try {
      const services = this.#services();
      const props = this.#allowed(method.scope);
      const parsed = method.schema.safeParse(input);
      if (!parsed.success) throw validationFailed(parsed.error);
      const realm = await services.realms.get(props.realm);
      const caller = { realm, actor: ACTOR, scopes: props.scopes };
      return { ok: true, value: await method.work(services.at(realm.database), caller, parsed.data) };
    } catch (thrown) {
      const failed = failure(toApiError(thrown));
      if (failed.status >= 500) logFailure(thrown, 'rpc_failed', { method: method.name });
      return { ok: false, error: failed };
    }
  }

  #allowed(scope: Scope | null): z.output<typeof Props> {
    const props = Props.safeParse(this.#props);
    if (!props.success) {
      throw new ApiError('insufficient_scope', { detail: 'The binding has no `props` that allow anything.' });
    }
    if (scope) requireScope(props.data.scopes, scope);
    return props.data;
  }
}

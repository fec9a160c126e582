import type { Limit } from '../directory/state.ts';
import type { Refusal } from '../errors.ts';
import { type CapSetter, type CapUse, isNoCap, NO_CAPS, type Spent } from './caps-contract.ts';
import { CREDITS, capOf, refuseOver } from './sharing.ts';
import type { Caps } from './sharing-contract.ts';

const PERIODS = ['day', 'month'] as const;
const STORED = 'caps:spending';

/** What is capped, by name, in order: resources, and CREDITS. */
export function cappedNames(...all: (Caps | null)[]): string[] {
  const names = all.flatMap((caps) => [
    ...Object.keys(caps?.resources ?? {}),
    ...(caps?.credits ? [CREDITS] : []),
  ]);
  return [...new Set(names)].sort();
}

/** What was used of what is capped. */
export function capUses(names: string[], used: (name: string) => Spent): CapUse[] {
  return names.map((name) => ({ resource: name === CREDITS ? null : name, ...used(name) }));
}

/** The lower of two caps. */
function lower(one: Limit | null, other: Limit | null): Limit | null {
  if (!one || !other) return one ?? other;
  const limit: Limit = {};
  for (const period of PERIODS) {
    const both = [one[period], other[period]].filter((most) => most != null);
    if (both.length > 0) limit[period] = Math.min(...both);
  }
  return limit;
}

/** The caps of all that is spent by whoever has the books: their own, and an operator's. Every method is atomic. */
export class CapBook {
  readonly #kv: SyncKvStorage;
  /** As the storage has it; undefined until somebody asks. */
  #known: { own: Caps; operator: Caps; inForce: Caps } | undefined;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Forgets what is kept in memory: what was written last was undone. */
  reload(): void {
    this.#known = undefined;
  }

  get(): { own: Caps; operator: Caps; inForce: Caps } {
    if (this.#known) return this.#known;
    const { own = NO_CAPS, operator = NO_CAPS } =
      this.#kv.get<Partial<Record<CapSetter, Caps>>>(STORED) ?? {};
    const resources = cappedNames(own, operator)
      .filter((name) => name !== CREDITS)
      .map((name) => [name, lower(capOf(own, name), capOf(operator, name))]);
    const inForce = {
      credits: lower(own.credits, operator.credits),
      resources: Object.fromEntries(resources),
    };
    this.#known = { own, operator, inForce };
    return this.#known;
  }

  set(by: CapSetter, caps: Caps): void {
    const before = this.get();
    const own = by === 'own' ? caps : before.own;
    const operator = by === 'operator' ? caps : before.operator;
    this.#known = undefined;
    if (isNoCap(own) && isNoCap(operator)) this.#kv.delete(STORED);
    else this.#kv.put(STORED, { own, operator });
  }

  erase(): void {
    this.#kv.delete(STORED);
    this.reload();
  }

  /** How much may be used of a resource, or of CREDITS; null where it is not capped. */
  of(resource: string): Limit | null {
    return capOf(this.get().inForce, resource);
  }

  /** Refuses with `cap_exceeded` what is more than may be used of a resource, or of CREDITS. */
  capped(resource: string, quantity: number, used: () => Spent, now: number): Refusal | null {
    const cap = this.of(resource);
    return cap && refuseOver(cap, used(), quantity, now);
  }
}

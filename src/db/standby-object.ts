import { DurableObject } from 'cloudflare:workers';
import type { StandbyObject } from './standby.ts';

/** One copy. It is written only when it changes. */
export class StandbyCopy extends DurableObject implements StandbyObject {
  async get(): Promise<string | null> {
    return this.ctx.storage.kv.get<string>('json') ?? null;
  }

  async put(json: string): Promise<void> {
    const { kv } = this.ctx.storage;
    if (kv.get('json') !== json) kv.put('json', json);
  }
}

import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { HOUR, SECOND } from '../lib/time.ts';
import {
  type AllowedDevice,
  type DeviceCodeObject,
  type DeviceRequest,
  POLL_INTERVAL,
  type PollResult,
} from './device-contract.ts';

/** How long a device is told that its code is over, rather than that there is no such one. */
const REMEMBERED = HOUR;
/** What of the interval the network may eat. */
const JITTER = SECOND;
/** RFC 8628, 3.5: by so much longer a device that asked too soon has to wait, but no longer than this. */
const SLOWER = 5 * SECOND;
const MAX_INTERVAL = 60 * SECOND;

/** A request, by whom it can be fetched, and the user's word on it. */
interface Kept {
  request: DeviceRequest;
  secretHash: string;
  word: 'none' | 'denied' | AllowedDevice;
}

const KEPT = 'kept';

/** One request of a device (RFC 8628), under the code that its user types: whose word counts, and who gets what it gave. */
export class DeviceCode extends DurableObject<Bindings> implements DeviceCodeObject {
  // Lost when the object sleeps, which nobody gains by who asks as often as that.
  #polledAt = 0;
  #interval = POLL_INTERVAL;

  async begin(request: DeviceRequest, secretHash: string): Promise<boolean> {
    const before = this.#kept();
    if (before && Date.now() < before.request.expiresAt) return false;
    this.#put({ request, secretHash, word: 'none' });
    this.#polledAt = 0;
    this.#interval = POLL_INTERVAL;
    return true;
  }

  async waiting(): Promise<DeviceRequest | null> {
    return this.#waiting()?.request ?? null;
  }

  async decide(word: AllowedDevice | null): Promise<boolean> {
    const kept = this.#waiting();
    if (kept) this.#put({ ...kept, word: word ?? 'denied' });
    return kept !== null;
  }

  async poll(secretHash: string, clientId: string): Promise<PollResult> {
    const now = Date.now();
    const kept = this.#kept();
    const isIts =
      kept?.request.grant.clientId === clientId && equalsInConstantTime(kept.secretHash, secretHash);
    if (!kept || !isIts) return { result: 'unknown' };
    const { request, word } = kept;
    if (now >= request.expiresAt) return { result: 'expired' };
    if (word === 'denied') return { result: 'denied' };
    if (word !== 'none') {
      this.ctx.storage.kv.delete(KEPT);
      return { result: 'allowed', ...word };
    }
    const isTooSoon = now < this.#polledAt + this.#interval - JITTER;
    this.#polledAt = now;
    if (!isTooSoon) return { result: 'pending' };
    this.#interval = Math.min(this.#interval + SLOWER, MAX_INTERVAL);
    return { result: 'slow_down' };
  }

  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  #kept(): Kept | null {
    return this.ctx.storage.kv.get<Kept>(KEPT) ?? null;
  }

  #waiting(): Kept | null {
    const kept = this.#kept();
    return kept?.word === 'none' && Date.now() < kept.request.expiresAt ? kept : null;
  }

  #put(kept: Kept): void {
    this.ctx.storage.transactionSync(() => {
      this.ctx.storage.kv.put<Kept>(KEPT, kept);
      this.ctx.storage.setAlarm(kept.request.expiresAt + REMEMBERED);
    });
  }
}

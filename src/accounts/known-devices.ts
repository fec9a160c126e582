import type { Client } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';

/** Devices that are remembered as a user's own. */
const MAX_DEVICES = 30;

/** The kinds of device, by browser, system and country, that a user has signed in from. */
export class KnownDevices {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** Remembers a device; whether its owner should hear of it. The very first one is no news. */
  isNews(client: Client): boolean {
    const known = this.#kv.get<string[]>('devices') ?? [];
    const device = `${describeDevice(client.userAgent)}|${client.country}`;
    if (known.includes(device)) return false;
    this.#kv.put('devices', [...known.slice(1 - MAX_DEVICES), device]);
    return known.length > 0;
  }
}

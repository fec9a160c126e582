import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';

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

/** The mail about a sign-in at that time (Unix milliseconds). Whom it goes to, and their name, the directory knows. */
export function newDeviceMail(issuer: string, at: number, client: Client) {
  const [device, place] = [describeDevice(client.userAgent), placeOf(client)];
  const data = { name: null, at: rfc3339(at), place, device, link: `${issuer}/forgot-password` };
  return { template: 'new_device', data } as const;
}

import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';

/** Devices that are remembered as a user's own. */
const MAX_DEVICES = 30;

/** Devices whose cookie is remembered: those that came back, and those that have signed in once. */
const MAX_COOKIES = 20;

interface Cookies {
  once: string[];
  again: string[];
}

/** The devices that a user has signed in from: by kind (browser, system and country), and by their cookies. */
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

  /** Whether the device, by its key, has signed in before. */
  has(device: string): boolean {
    const { once, again } = this.#cookies();
    return once.includes(device) || again.includes(device);
  }

  /** Remembers a device that has signed in. Those that keep no cookies come and go among themselves. */
  remember(device: string): void {
    const { once, again } = this.#cookies();
    if (again.includes(device)) return;
    const isBack = once.includes(device);
    const cookies = isBack
      ? { once: once.filter((one) => one !== device), again: [...again.slice(1 - MAX_COOKIES), device] }
      : { once: [...once.slice(1 - MAX_COOKIES), device], again };
    this.#kv.put<Cookies>('device_cookies', cookies);
  }

  /** Forgets the cookies: some may be those of somebody who has lost the account. */
  forgetCookies(): void {
    this.#kv.delete('device_cookies');
  }

  #cookies(): Cookies {
    return this.#kv.get<Cookies>('device_cookies') ?? { once: [], again: [] };
  }
}

/** The mail about a sign-in at that time (Unix milliseconds). Whom it goes to, and their name, the directory knows. */
export function newDeviceMail(issuer: string, at: number, client: Client) {
  const [device, place] = [describeDevice(client.userAgent), placeOf(client)];
  const data = { name: null, at: rfc3339(at), place, device, link: `${issuer}/forgot-password` };
  return { template: 'new_device', data } as const;
}

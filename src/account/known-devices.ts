import { type Client, placeOf } from '../lib/client.ts';
import { describeDevice } from '../lib/device.ts';
import { rfc3339 } from '../lib/time.ts';

/** Devices that are remembered as a user's own. */
const MAX_DEVICES = 30;

/** Devices whose cookie is remembered: those that came back, and those that have signed in once. */
const MAX_COOKIES = 20;

export interface Devices {
  /** Browser, system and country. */
  kinds: string[];
  /** Cookies of those that have signed in once, and of those that came back. */
  once: string[];
  again: string[];
}

const DEVICES = 'known_devices';

/** The devices that a user has signed in from. */
export class KnownDevices {
  readonly #kv: SyncKvStorage;
  readonly #first: () => Devices | null;

  /** `first` are those of who registered, kept elsewhere until there is another. */
  constructor(kv: SyncKvStorage, first: () => Devices | null) {
    this.#kv = kv;
    this.#first = first;
  }

  /** As `note`, of the device that somebody registers with: nothing, where it is kept elsewhere. */
  noteFirst(client: Client): boolean {
    return this.#first() === null && this.note(client);
  }

  /** Remembers a device that has signed in; whether its owner should hear of a new kind. The very first one is no news. */
  note(client: Client): boolean {
    const known = this.#all();
    const kind = kindOf(client);
    const isNew = !known.kinds.includes(kind);
    const kinds = isNew ? [...known.kinds.slice(1 - MAX_DEVICES), kind] : known.kinds;
    const cookies = withCookie(known, client.device);
    if (isNew || cookies !== known) this.#put({ ...cookies, kinds });
    return isNew && known.kinds.length > 0;
  }

  /** Whether the device, by its key, has signed in before. */
  has(device: string): boolean {
    const { once, again } = this.#all();
    return once.includes(device) || again.includes(device);
  }

  /** Forgets the cookies: some may be those of somebody who has lost the account. */
  forgetCookies(): void {
    const known = this.#all();
    if (known.once.length + known.again.length > 0) this.#put({ ...known, once: [], again: [] });
  }

  #all(): Devices {
    return (
      this.#kv.get<Devices>(DEVICES) ??
      this.#first() ?? {
        // As earlier versions kept them.
        kinds: this.#kv.get<string[]>('devices') ?? [],
        ...(this.#kv.get<Omit<Devices, 'kinds'>>('device_cookies') ?? { once: [], again: [] }),
      }
    );
  }

  #put(devices: Devices): void {
    this.#kv.put(DEVICES, devices);
    for (const earlier of ['devices', 'device_cookies']) this.#kv.delete(earlier);
  }
}

/** The devices of who has signed in from one. */
export function firstDevices(client: Client): Devices {
  return { kinds: [kindOf(client)], once: client.device === undefined ? [] : [client.device], again: [] };
}

function kindOf({ userAgent, country }: Client): string {
  return `${describeDevice(userAgent)}|${country}`;
}

/** Those that keep no cookies come and go among themselves. */
function withCookie(known: Devices, device: string | undefined): Devices {
  if (device === undefined || known.again.includes(device)) return known;
  return known.once.includes(device)
    ? {
        ...known,
        once: known.once.filter((one) => one !== device),
        again: [...known.again.slice(1 - MAX_COOKIES), device],
      }
    : { ...known, once: [...known.once.slice(1 - MAX_COOKIES), device] };
}

/** The mail about a sign-in at that time (Unix milliseconds). Whom it goes to, and their name, the directory knows. */
export function newDeviceMail(issuer: string, at: number, client: Client) {
  const [device, place] = [describeDevice(client.userAgent), placeOf(client)];
  const data = { name: null, at: rfc3339(at), place, device, link: `${issuer}/forgot-password` };
  return { template: 'new_device', data } as const;
}

import type { SessionGrant } from '../account/grant-contract.ts';
import type { Client } from '../lib/client.ts';
import type { Realm } from '../lib/realm.ts';
import { MINUTE, SECOND } from '../lib/time.ts';

/** How long a user has to answer a device, and how often that may ask meanwhile (milliseconds). */
export const DEVICE_LIFETIME = 15 * MINUTE;
export const POLL_INTERVAL = 5 * SECOND;

/** What a device asks for, and from where. Times are Unix milliseconds. */
export interface DeviceRequest {
  grant: SessionGrant;
  from: Omit<Client, 'device'>;
  createdAt: number;
  expiresAt: number;
}

/** The code in a user's account object that stands for what they have allowed: nobody ever has its text. */
export interface AllowedDevice {
  userId: string;
  codeHash: string;
}

/** What a device hears when it asks: RFC 8628, 3.5, or what the user has allowed, which only one of all who ask gets. */
export type PollResult =
  | { result: 'unknown' | 'pending' | 'slow_down' | 'denied' | 'expired' }
  | ({ result: 'allowed' } & AllowedDevice);

/** What the device authorization grant needs of the object of one user code. */
export interface DeviceCodeObject {
  /** Keeps a request; false when the code is another's. */
  begin(request: DeviceRequest, secretHash: string): Promise<boolean>;
  /** The request that waits for its user's word; null when there is none. */
  waiting(): Promise<DeviceRequest | null>;
  /** Takes the user's word, the first one; null is no. False when nothing waits for it any more. */
  decide(word: AllowedDevice | null): Promise<boolean>;
  /** Answers the device, by a hash of its secret. What was allowed it gets once. */
  poll(secretHash: string, clientId: string): Promise<PollResult>;
}

/** The object of a user code in a realm. */
export type DeviceCodeObjects = (
  realm: Pick<Realm, 'id' | 'jurisdiction'>,
  userCode: string,
) => DeviceCodeObject;

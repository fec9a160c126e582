import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Bindings } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { Client } from '../lib/client.ts';
import type { OwnFactors } from '../lib/mfa.ts';
import type { Realm } from '../lib/realm.ts';
import type { Scope } from '../lib/scopes.ts';

/** The user behind a request, as the token and the account object say. */
export interface Principal {
  userId: string;
  /** The realm that they are of: owners act in others too. */
  realmId: string;
  sessionId: string;
  role: 'user' | 'admin' | 'owner';
  plan: string;
  emailVerified: boolean;
  /** Whether nothing opens the account but its sessions. */
  anonymous: boolean;
  /** How many second factors of their own they have. */
  factors: OwnFactors;
  /** That the session goes by: another one in D1 means that it has ended. */
  credentialVersion: number;
  /** The admin who acts as this user, by id; null when it is the user (RFC 8693, 4.1: `act`). */
  impersonator: string | null;
  /** The client that acts for this user, its scopes, and what it calls the user; null when it is the user. */
  client: { id: string; scopes: readonly string[]; subject: string } | null;
  /** The organization in which the session goes on, and what the user is there; null where they are alone. */
  organization: { id: string; role: string } | null;
  /** When the user last proved who they are in this session, Unix milliseconds; 0 for an admin who acts as the user. */
  authenticatedAt: number;
  /** How the user signed in, and by what else they have proved it since (RFC 8176); none for an admin who acts as the user. */
  methods: string[];
  /** When the credential that was presented ends, Unix milliseconds. */
  expiresAt: number;
  /** Up to where this user's own writes have come in D1. */
  bookmark: string | null;
}

/** The service behind a request, as its API key says. */
export interface ServicePrincipal {
  keyId: string;
  /** The realm of the request, which is the key's. */
  realmId: string;
  scopes: readonly Scope[];
  /** Whether it may do in every realm what owners may. */
  isOwner: boolean;
}

export interface AppEnv {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    /** The trace that the request is part of, 32 hexadecimal digits; null for none. */
    traceId: string | null;
    /** What `authorize` said, for the trace. */
    decision?: string;
    /** The endpoint of an older service that its client asked for. */
    via?: string;
    /** What the request failed of. */
    errorCode?: ErrorCode;
    /** Of the path, read once for each request. */
    realm: Realm;
    principal: Principal;
    /** Of its cookie, or one that was made for it: see device-cookie.ts. */
    device: string;
    service: ServicePrincipal;
    /** Whether the client has asked for so much lately that it may be a robot. */
    suspicious?: boolean;
    /** Makes another challenge, where the request has solved one. */
    nextChallenge?: () => Promise<object>;
    /** The user whom the request is about, where a level lets others name one. */
    subject: string;
  };
}

export type AppContext = Context<AppEnv>;

/** The address of the client as Cloudflare saw it; nothing that the client writes counts. */
export function clientAddress(c: AppContext): string {
  return c.req.header('cf-connecting-ip') ?? '127.0.0.1';
}

export const DEVICE_COOKIE = '__Host-latchkey-device';

/** The device that a request comes from, as the cookie says that it got at its last sign-in; else a new one. */
export function deviceOfRequest(c: AppContext): string {
  const kept = c.get('device') ?? getCookie(c, DEVICE_COOKIE) ?? '';
  const device = /^[A-Za-z0-9_-]{43}$/.test(kept)
    ? kept
    : Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  c.set('device', device);
  return device;
}

/** Who is calling, as far as the network tells. Long user agents are cut. */
export function clientOf(c: AppContext): Client {
  const place = c.req.raw.cf as { country?: string; city?: string } | undefined;
  return {
    ip: clientAddress(c),
    country: place?.country ?? null,
    city: place?.city ?? null,
    userAgent: c.req.header('user-agent')?.slice(0, 400) ?? null,
    // Nothing that is kept can be turned into a cookie.
    device: createHash('sha256').update(deviceOfRequest(c)).digest('base64url'),
    requestId: c.get('requestId'),
  };
}

import { DurableObject } from 'cloudflare:workers';
import type { Bindings } from '../config/config.ts';
import { equalsInConstantTime } from '../crypto/keys.ts';
import { DAY, SECOND } from '../lib/time.ts';
import {
  type Asker,
  CODE_LIFETIME,
  type CodeKind,
  type CodeObject,
  type Guess,
  type GuessResult,
  type IssuedCode,
  type LinkPlace,
  type NumberGuess,
  type OpenedLink,
  RESEND_AFTER,
  WORTH_SENDING,
} from './contract.ts';

const ATTEMPTS = 5;
const DIGITS = 6;
/** Codes that are kept: as many as strangers and the owner's sessions can ask for while one works. */
const MAX_CHALLENGES = (2 * CODE_LIFETIME) / RESEND_AFTER + 1;
/** Devices that are remembered, and for how long after they signed in by a code last. */
const MAX_DEVICES = 10;
const DEVICE_LIFETIME = 90 * DAY;

/** A code, and who asked for it. */
interface Challenge {
  id: string;
  code: string;
  issuedAt: number;
  by: Asker;
  /** Guesses of whoever named the code, and of those who did not say which they meant. */
  attempts: number;
  unnamed: number;
  /** Of a link, whose code can be guessed only where it has shown it: by which device. Null until it is opened elsewhere. */
  link?: { shownTo: string | null };
}

/** The codes that were issued on a UTC day, and when the last was. */
interface Issues {
  day: number;
  issued: number;
  issuedAt: number;
}

interface State {
  challenges: Challenge[];
  /** Of all who are not known, together. */
  strangers: Issues | null;
  /** Of the sessions of the address's owner, together. What an earlier version has kept lacks it. */
  owner?: Issues | null;
  /** By the key of a device that has signed in by a code before. */
  devices: Record<string, { seenAt: number; issues: Issues | null }>;
}

const NOTHING: State = { challenges: [], strangers: null, owner: null, devices: {} };

/**
 * The one-time codes of one address in one realm: one for each who asks, ten minutes, five guesses each, counted before
 * they are compared. A stranger who asks or guesses spoils nobody else's code, and a device that has signed in by a code
 * before has a budget of its own, as have the owner's sessions, whose codes open nothing elsewhere. Codes lie here in the
 * clear, for ten minutes and in an object that nothing else can read: a hash of six digits would hide nothing.
 */
export class OneTimeCode extends DurableObject<Bindings> implements CodeObject {
  async issue(perDay: number, asker: Asker, kind: CodeKind = 'code'): Promise<IssuedCode> {
    const now = Date.now();
    const day = Math.floor(now / DAY);
    const state = this.#state(now);
    const isOwner = asker.isOwner || asker.isProver;
    const device = state.devices[asker.device];
    const { owner = null, strangers } = state;
    const known = device ? device.issues : isOwner ? owner : strangers;
    const issued = known?.day === day ? known.issued : 0;
    const wait = known ? known.issuedAt + RESEND_AFTER - now : 0;
    const isLink = kind === 'link';
    const own = state.challenges.filter(
      ({ by, link }) => isSame(by, asker) && isLink === (link !== undefined),
    );
    // A second press of the button leads to the code that the first has sent.
    const last = own.at(-1);
    const none = { code: null, challengeId: last?.id ?? crypto.randomUUID(), expiresAt: now };
    if (wait > 0) return { ...none, resendAfter: Math.ceil(wait / SECOND) };
    if (issued >= perDay) return { ...none, resendAfter: Math.ceil(((day + 1) * DAY - now) / SECOND) };
    // Two texts that arrive in the wrong order would otherwise hold one code that works and one that does not.
    const isLasting = last && isUnfinished(last) && now <= last.issuedAt + CODE_LIFETIME - WORTH_SENDING;
    const challenge: Challenge = isLasting
      ? last
      : {
          id: crypto.randomUUID(),
          code: randomDigits(),
          issuedAt: now,
          by: asker,
          attempts: 0,
          unnamed: 0,
          ...(isLink && { link: { shownTo: null } }),
        };
    const others = state.challenges.filter((one) => one !== challenge);
    const issues = { day, issued: issued + 1, issuedAt: now };
    this.#put({
      challenges: [...others.slice(1 - MAX_CHALLENGES), challenge],
      strangers: device || isOwner ? strangers : issues,
      devices: device ? { ...state.devices, [asker.device]: { ...device, issues } } : state.devices,
      owner: !device && isOwner ? issues : owner,
    });
    const { id: challengeId, code, issuedAt } = challenge;
    return { code, challengeId, resendAfter: RESEND_AFTER / SECOND, expiresAt: issuedAt + CODE_LIFETIME };
  }

  async take(guess: Guess): Promise<GuessResult> {
    const now = Date.now();
    const state = this.#state(now);
    const { challengeId, by, strangersWait } = guess;
    const isKnown = by.isOwner || by.device in state.devices;
    if (strangersWait !== null && !isKnown) return 'barred';
    const isNamed = (one: Challenge) =>
      challengeId === null
        ? by.sessionId !== null && one.by.sessionId === by.sessionId
        : one.id === challengeId;
    const codes = state.challenges.filter(({ link }) => link === undefined);
    const named = codes.some(isNamed);
    if (challengeId !== null && !named) return 'wrong';
    const counted = (one: Challenge): Challenge => {
      if (one.link) return one;
      if (!named) return { ...one, unnamed: one.unnamed + 1 };
      return isNamed(one) ? { ...one, attempts: one.attempts + 1 } : one;
    };
    const isOpen = (one: Challenge) =>
      named ? isNamed(one) && one.attempts < ATTEMPTS : !one.by.isOwner && one.unnamed < ATTEMPTS;
    const open = codes.filter(isOpen);
    if (open.length === 0) return 'wrong';
    const isRight = open.filter(({ code }) => equalsInConstantTime(guess.code, code)).length > 0;
    if (isRight) this.#putUsed(state, by.device, now);
    else this.#put({ ...state, challenges: state.challenges.map(counted) });
    return isRight ? 'right' : 'wrong';
  }

  async placeOfLink(challengeId: string, device: string): Promise<LinkPlace> {
    return placeIn(this.#state(Date.now()), challengeId, device);
  }

  async openLink(challengeId: string, device: string): Promise<OpenedLink> {
    const now = Date.now();
    const state = this.#state(now);
    const place = placeIn(state, challengeId, device);
    if (place === 'here') this.#putUsed(state, device, now);
    if (place !== 'elsewhere') return { place };
    const mine = state.challenges.find(({ id }) => id === challengeId) as Challenge;
    const shown = { ...mine, link: { shownTo: device } };
    this.#put({ ...state, challenges: state.challenges.map((one) => (one === mine ? shown : one)) });
    return { place, number: mine.code };
  }

  async takeNumber({
    challengeId,
    number,
    by,
    sameBrowser,
    strangersWait,
  }: NumberGuess): Promise<GuessResult> {
    const now = Date.now();
    const state = this.#state(now);
    if (strangersWait !== null && !(by.device in state.devices)) return 'barred';
    const mine = state.challenges.find(({ id }) => id === challengeId);
    const isTheirs = mine && (!sameBrowser || mine.by.device === by.device);
    if (!isTheirs || !mine.link?.shownTo || mine.attempts >= ATTEMPTS) return 'wrong';
    if (equalsInConstantTime(number, mine.code)) {
      this.#putUsed(state, by.device, now);
      return 'right';
    }
    const counted = { ...mine, attempts: mine.attempts + 1 };
    this.#put({ ...state, challenges: state.challenges.map((one) => (one === mine ? counted : one)) });
    return 'wrong';
  }

  override async alarm(): Promise<void> {
    const { devices } = this.#state(Date.now());
    if (Object.keys(devices).length === 0) await this.ctx.storage.deleteAll();
    else this.#put({ ...NOTHING, devices });
  }

  /** What still counts: codes that work, devices that were seen lately. */
  #state(now: number): State {
    const kept = this.ctx.storage.kv.get<State>('state');
    // Of an earlier version: its code is asked for again.
    if (!kept?.challenges) return NOTHING;
    return {
      ...kept,
      challenges: kept.challenges.filter(({ issuedAt }) => now < issuedAt + CODE_LIFETIME),
      devices: Object.fromEntries(
        Object.entries(kept.devices).filter(([, { seenAt }]) => now < seenAt + DEVICE_LIFETIME),
      ),
    };
  }

  /** Somebody has signed in: nothing of the address can be used again, and the device is known. */
  #putUsed(state: State, device: string, now: number): void {
    this.#put({ ...state, challenges: [], devices: withDevice(state.devices, device, now) });
  }

  #put(state: State): void {
    this.ctx.storage.transactionSync(() => {
      this.ctx.storage.kv.put<State>('state', state);
      this.ctx.storage.setAlarm(Date.now() + 2 * DAY);
    });
  }
}

/** Where a link is looked at by a device. Whoever else has the mail comes too late when it was opened elsewhere. */
function placeIn({ challenges }: State, challengeId: string, device: string): LinkPlace {
  const mine = challenges.find(({ id }) => id === challengeId);
  if (!mine?.link) return 'over';
  if (mine.by.device === device) return 'here';
  return mine.link.shownTo !== null && mine.link.shownTo !== device ? 'over' : 'elsewhere';
}

/** Whether a code can still be guessed, by whoever asked for it and by who does not name it; or a link was not opened yet. */
function isUnfinished({ attempts, unnamed, link }: Challenge): boolean {
  if (link) return link.shownTo === null;
  return attempts < ATTEMPTS && unnamed < ATTEMPTS;
}

function isSame(one: Asker, other: Asker): boolean {
  if (one.sessionId !== other.sessionId) return false;
  return one.device === other.device || one.network === other.network;
}

function withDevice(devices: State['devices'], device: string, now: number): State['devices'] {
  const known = devices[device];
  const others = Object.entries(devices)
    .filter(([key]) => key !== device)
    .sort(([, a], [, b]) => b.seenAt - a.seenAt)
    .slice(0, MAX_DEVICES - 1);
  return { ...Object.fromEntries(others), [device]: { seenAt: now, issues: known?.issues ?? null } };
}

/** Six decimal digits, each as likely as any other. */
function randomDigits(): string {
  const bound = 10 ** DIGITS;
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let value = limit;
  while (value >= limit) value = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  return String(value % bound).padStart(DIGITS, '0');
}

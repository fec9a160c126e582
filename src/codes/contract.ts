import type { Realm } from '../lib/realm.ts';
import { MINUTE } from '../lib/time.ts';

/** How long a code works, how soon another may be asked for, and how much must be left of one to be sent again (milliseconds). */
export const CODE_LIFETIME = 10 * MINUTE;
export const RESEND_AFTER = MINUTE;
export const WORTH_SENDING = 5 * MINUTE;

/** Who asks for a code, or guesses one. */
export interface Asker {
  /** The key of the device. */
  device: string;
  /** By what the client is rate limited. */
  network: string;
  /** The session, when the user is signed in. */
  sessionId: string | null;
  /** Whether it is a session of the user who has proven the address: of any other one it shows nothing. */
  isOwner: boolean;
  /** Whether they are signed in, and the code proves a number to their account that does not open it yet. */
  isProver: boolean;
}

/** A code to be sent; null when none may be now. `resendAfter` is seconds, `expiresAt` Unix milliseconds. */
export interface IssuedCode {
  code: string | null;
  expiresAt: number;
  /** Names the code to whoever asked for it; nobody else's guesses count against it. */
  challengeId: string;
  resendAfter: number;
}

/** A guess, and of which code; null from clients that do not say. */
export interface Guess {
  code: string;
  challengeId: string | null;
  by: Asker;
  /** Seconds until those who are not known may guess again, when the realm has had too many failures; else null. */
  strangersWait: number | null;
}

/** Right, wrong, or not looked at, because strangers have to wait. */
export type GuessResult = 'right' | 'wrong' | 'barred';

/** What is mailed: a code to be typed, or a link that stands for one. */
export type CodeKind = 'code' | 'link';

/**
 * Where a link is looked at: in the browser that has asked for it, which it signs in; elsewhere, where it shows a number; or
 * when it does nothing any more.
 */
export type LinkPlace = 'here' | 'elsewhere' | 'over';

/** What opening a link comes to: elsewhere, the number that whoever asked for it has to enter. */
export type OpenedLink = { place: 'here' | 'over' } | { place: 'elsewhere'; number: string };

/** The number that a link has shown elsewhere, as it is entered by whoever asked for the link. */
export interface NumberGuess {
  challengeId: string;
  number: string;
  by: Asker;
  /** Whether it is the browser that has asked: another one could be signed in as somebody who is not its user. */
  sameBrowser: boolean;
  /** As for a guess of a code. */
  strangersWait: number | null;
}

/** What sign-in by one-time code needs of the object of an address. */
export interface CodeObject {
  /**
   * Makes a code for whoever asks, or gives the one that they have and have not used up, unless the last was sent too shortly
   * ago or the day's number is used up. No code that works is replaced. Those who are signed in have a number of their own.
   */
  issue(perDay: number, asker: Asker, kind?: CodeKind): Promise<IssuedCode>;
  /** Judges a guess; when one is right, no code of the address can be used again. */
  take(guess: Guess): Promise<GuessResult>;
  /** Where a link is looked at, by the key of the device. It spends nothing. */
  placeOfLink(challengeId: string, device: string): Promise<LinkPlace>;
  /**
   * Opens a link: in the browser that has asked for it, once, and no code or link of the address can be used again; elsewhere it
   * shows a number, to the first device that opens it.
   */
  openLink(challengeId: string, device: string): Promise<OpenedLink>;
  /** Judges a number; when it is right, no code or link of the address can be used again. */
  takeNumber(guess: NumberGuess): Promise<GuessResult>;
}

export type Channel = 'email' | 'sms';

/**
 * The object of one address in one realm; with `userId` that of the codes by which this user proves it. What strangers ask for
 * and guess at the one does not reach the other.
 */
export type CodeObjects = (
  realm: Pick<Realm, 'id' | 'jurisdiction'>,
  channel: Channel,
  to: string,
  userId: string | null,
) => CodeObject;

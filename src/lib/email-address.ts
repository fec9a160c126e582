/** What is wrong with an address: its form, or its length, with the most that RFC 5321 allows. */
export interface AddressProblem {
  problem: 'form' | 'length';
  message: string;
}

/** A local part of atoms (RFC 5322, 3.2.3), all of whose signs may stand in an address without quotes. */
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** Names of hosts (RFC 1123, 2.1), the last of which is a word or, of another script, its ASCII form (RFC 5891). */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,}|xn--[a-z0-9-]*[a-z0-9])$/;

/** Of the placeholder that a user without an address has in its place: no host is called so (RFC 6761, 6.4). */
const PLACEHOLDER_DOMAIN = 'anonymous.invalid';

/** What stands for the address of a user who has none. */
export function placeholderOf(userId: string): string {
  return `${userId}@${PLACEHOLDER_DOMAIN}`;
}

/** Whether that is what is kept as an address: nothing is sent there, and nobody can give it as theirs. */
export function isPlaceholder(email: string): boolean {
  return email.endsWith(`@${PLACEHOLDER_DOMAIN}`);
}

/** Characters of an address: RFC 5321, 4.5.3.1.3, whose 256 are with its brackets. */
export const MAX_EMAIL = 254;
/** Characters before the @ (RFC 5321, 4.5.3.1.1), and between two dots of a domain (RFC 1035, 2.3.4). */
const MAX_LOCAL = 64;
const MAX_LABEL = 63;

/**
 * An e-mail address as the directory keeps it: lower case, the domain in ASCII form (RFC 5891); or what is wrong with it.
 * A local part in quotes or of other letters than ASCII is none that mail reaches everywhere.
 */
export function parseEmailAddress(typed: string): { address: string } | AddressProblem {
  const address = asciiAddress(typed.trim());
  const at = address.lastIndexOf('@');
  const [local, domain] = [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
  if (!LOCAL.test(local) || !DOMAIN.test(domain) || isPlaceholder(address)) {
    return { problem: 'form', message: 'Must be an e-mail address such as ada@example.com' };
  }
  if (local.length > MAX_LOCAL) return tooLong(`before the @ at most ${MAX_LOCAL} characters`);
  if (domain.split('.').some((label) => label.length > MAX_LABEL)) {
    return tooLong(`at most ${MAX_LABEL} characters between two dots of its domain`);
  }
  return address.length > MAX_EMAIL ? tooLong(`at most ${MAX_EMAIL} characters`) : { address };
}

function tooLong(limit: string): AddressProblem {
  return { problem: 'length', message: `An e-mail address has ${limit} (RFC 5321)` };
}

function asciiAddress(address: string): string {
  const lower = address.normalize('NFC').toLowerCase();
  const at = lower.lastIndexOf('@');
  const domain = lower.slice(at + 1);
  // Only letters may go through the URL parser: it would also make 127.0.0.1 of 127.1.
  if (at < 1 || !/[^\p{ASCII}]/u.test(domain) || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return lower;
  return URL.canParse(`http://${domain}`)
    ? `${lower.slice(0, at)}@${new URL(`http://${domain}`).hostname}`
    : lower;
}

/** The inbox that an address leads to (RFC 5233): what follows a plus is its owner's to choose, and Gmail knows no dots. */
export function inboxOf(email: string): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1).toLowerCase();
  const local = email.slice(0, at).toLowerCase();
  // An address may begin with a plus.
  const name = local.replace(/(?<=.)\+.*$/, '');
  return /^(gmail|googlemail)\.com$/.test(domain)
    ? `${name.replaceAll('.', '')}@gmail.com`
    : `${name}@${domain}`;
}

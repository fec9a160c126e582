/** Names that are of this machine, of a network at home or at work, or of a cloud's own. */
const INNER_NAMES =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|private|test|invalid|onion|arpa)$/;

/** Hosts of this machine, by their addresses and by the name that is kept to it (RFC 6761, 6.3). */
const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** Whether a host, as a URL has it, is a name of the public Internet, as far as it says so: no address, and of at least two parts. */
export function isPublicHost(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '').toLowerCase();
  if (!name.includes('.') || name.startsWith('[') || /(^|\.)\d+$/.test(name)) return false;
  return !INNER_NAMES.test(name);
}

/** Whether a host, as a URL has it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.includes(hostname);
}

/** IPv4 networks that are not the public Internet (IANA's registry of special addresses), as numbers and their prefixes. */
const SPECIAL: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Whether an address, to which a name resolves, is of the public Internet. */
export function isPublicAddress(address: string): boolean {
  const value = numberOf(address);
  if (value !== null) {
    return SPECIAL.every(
      ([network, prefix]) => value >>> (32 - prefix) !== (numberOf(network) ?? 0) >>> (32 - prefix),
    );
  }
  // All that is given out of IPv6 is below 2000::/3; what stands for an address of IPv4 is as public as that.
  const plain = address.toLowerCase();
  const mapped = /^(?:::ffff:|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1];
  if (mapped !== undefined) return isPublicAddress(mapped);
  return /^[23][0-9a-f]{3}:/.test(plain) && !/^(2001:0?db8|2002|3fff):/.test(plain);
}

function numberOf(address: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

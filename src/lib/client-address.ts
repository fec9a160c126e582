/**
 * The key by which a client is rate limited: an IPv4 address as it is, an IPv6 address by its /64, because one
 * subscriber owns at least that much. IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) counts as IPv4.
 */
export function clientKey(address: string): string {
  const groups = groupsOf(address);
  if (typeof groups === 'string') return groups;
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The /48 of an IPv6 address, which many a subscriber owns whole; null for IPv4. */
export function siteKey(address: string): string | null {
  const groups = groupsOf(address);
  return typeof groups === 'string' ? null : `${groups.slice(0, 3).join(':')}::/48`;
}

/** The eight groups of an IPv6 address; anything else as the text that it counts by. */
function groupsOf(address: string): string[] | string {
  if (!address.includes(':')) return address;
  if (!URL.canParse(`http://[${address}]`)) return address;
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = !tail ? [] : tail.split(':');
  const groups =
    tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') {
    const bytes = groups.slice(6).flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 255];
    });
    return bytes.join('.');
  }
  return groups;
}

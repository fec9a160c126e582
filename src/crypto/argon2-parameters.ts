/** Argon2id as we hash with it: the first choice of OWASP's Password Storage Cheat Sheet. */
export const ARGON2 = { memoryKiB: 19_456, passes: 2, lanes: 1, saltBytes: 16, hashBytes: 32, version: 0x13 };

/** What the PHC string of such a hash begins with. */
export const ARGON2_PREFIX = `$argon2id$v=${ARGON2.version}$m=${ARGON2.memoryKiB},t=${ARGON2.passes},p=${ARGON2.lanes}$`;

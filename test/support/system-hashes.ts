import { firebaseHash } from '../../src/crypto/hash-notations.ts';

/** What each of the hashes is of. */
export const SYSTEM_PASSWORD = 'three lighthouses at dusk';

/** Of Firebase's own example project, with a hash by npm's `firebase-scrypt`. */
const FIREBASE = {
  signerKey: 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
  saltSeparator: 'Bw==',
  rounds: 8,
  memCost: 14,
};
/** That hash, as it is kept. */
export const FIREBASE_HASH = firebaseHash(
  'cqBNOiXzVxiR8BL8vcgs1cjW6DMdI63svVOWBhHi7ZrfO+32ubl4/SX76SYwf5lNFwHkp3wlSHtzSoqsN4o6Zg==',
  '42xEC+ixf3L2lw==',
  FIREBASE,
);

/**
 * Each was made by the system's own library: npm has Better Auth and Lucia, Debian Django 3.2 and Werkzeug 2.2, PyPI Django 5.2
 * and Werkzeug 3.1, of which scrypt is (both call Python's `hashlib.scrypt` with the salt as text).
 */
export const HASHES = {
  'better-auth':
    '8a0776c4fa5dbbd1144f47c8e9dcefae:32abd4595f2eb6cbe8ae04ca88c3f695d43754c3424b695ede5bfc7479a47d4392e7571f25a8c414c62c3f207bd086013e7b7fb04d5627c3a0b8c6bfdc47a5e2',
  lucia3:
    '55ac8ab3316a5ce7eb7d91f80d0daaf5:d78e1cb077ffe117d672208f616e0dfeed8ef0edf55725ce7741414de321ffc75a02c3615dc59a8a5cbc67594013ff5ba7973442c7f2b58645bcd6bea822a423',
  lucia2:
    's2:d1564112b5bfe8c71d624efd8a971401:a0de8eddf8f60b194fb22de00e310a53979b22077b52383091a9d84a4c48fdb2b6c915258b6be177ca53d0439f0fefb7ad63e5235625fadbad4a508dc12ce6a7',
  werkzeug:
    'pbkdf2:sha256:260000$TfY9LuTmwWZJZrpi$12e45fd4f75eb50c73f74c160fe064f9e5fca2d04ff211e0d76178aafe84918e',
  werkzeugScrypt:
    'scrypt:32768:8:1$IIDNmSR21i80iy7B$e18db77b68661740e71926c20031543b52f7f5aa5c512787efa8743dcba65e5c85a5160d7e7d74000c09b2729305b9c2d21d9081d5569a5191ae8152045cc3cc',
  djangoScrypt:
    'scrypt$16384$UaUCDQHKynryZzttczgQP5$8$5$4lhfzHIxJO5/4w7a6G7Q4puY/a6OoUBwmmArM/+Fg/XmjuHCD5d9vfHGIn7CIO3rWwC6fbkICe5IYHbRiUDBZA==',
  django: 'pbkdf2_sha256$260000$FLInbz39HN3icwTHYkMPk1$uxHmCWC2YRd7NVxaMeD3MAPkulePRtvQxtAHZwLmHL4=',
  djangoArgon2: 'argon2$argon2id$v=19$m=19456,t=2,p=8$UXZ0NnJNckdYR3JTRHpqOTJyVzJsSw$khtu7PJ9EvcvFQFQkKMD6Q',
  djangoBcryptSha256: 'bcrypt_sha256$$2b$12$zuKEZ8B/kVCPX1lwLu4kWOYIm/94e3gYetLazw3VEzwyYFNryfSte',
  djangoBcrypt: 'bcrypt$$2b$12$KscJSXUo/0NAUXifsx78S.SeMa5p2tCrSdRsGRx6/YQJhYmZp8egy',
};

/** Credentials as Keycloak 26 and those before 25 export them; by Node's `argon2Sync` and `pbkdf2Sync`. */
export const KEYCLOAK = {
  argon2: {
    secretData:
      '{"value":"iqAz4FvejSD0dpe7ILL6nafCZ8mYobmLo08mVvK/vzI=","salt":"a2V5Y2xvYWsgc2FsdCAxNg==","additionalParameters":{}}',
    credentialData:
      '{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["7168"],"type":["id"],"version":["1.3"],"parallelism":["1"]}}',
  },
  pbkdf2: {
    secretData:
      '{"value":"0jn8Qoh4aJ/i58O04L0rhyGNCbGEcIBIdJqaxIEu+LflXdYj2yV0EdEeOzXcAXuA6wuetZtvOIw4u1NHIaPv8Q==","salt":"a2V5Y2xvYWsgc2FsdCAxNg=="}',
    credentialData: '{"hashIterations":27500,"algorithm":"pbkdf2-sha256","additionalParameters":{}}',
  },
};

import type { KeyPurpose } from '../crypto/keys.ts';

/** A column of D1 that holds sealed values for longer than AUTH_SECRET_PREVIOUS has to be kept anyway. */
export interface SealedColumn {
  purpose: KeyPurpose;
  table: string;
  column: string;
  /** The columns of the primary key. */
  key: readonly string[];
}

/** In the order in which they are re-encrypted. Sealed too, but gone in ten minutes: what a sign-in at a provider leaves. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { purpose: 'signing-keys', table: 'signing_keys', column: 'private_jwe', key: ['id'] },
  { purpose: 'signing-keys', table: 'rsa_signing_keys', column: 'private_jwe', key: ['id'] },
  { purpose: 'subjects', table: 'subject_keys', column: 'key_jwe', key: ['realm_id'] },
  { purpose: 'provider-tokens', table: 'identities', column: 'tokens', key: ['user_id', 'provider'] },
  { purpose: 'factors', table: 'factors', column: 'secret', key: ['id'] },
  { purpose: 'webhooks', table: 'webhook_endpoints', column: 'keys', key: ['id'] },
  { purpose: 'webhooks', table: 'hooks', column: 'keys', key: ['realm_id', 'name'] },
];

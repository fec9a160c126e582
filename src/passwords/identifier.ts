import { EmailField, ProfileFields } from '../directory/schemas.ts';

/** What a user typed to say who they are, in the form the directory keeps it. */
export type Identifier = { kind: 'email' | 'username' | 'phone_number' | 'nobody'; value: string };

/** An e-mail has an @, a username a letter, a phone number neither; any other text belongs to nobody. */
export function parseIdentifier(typed: string): Identifier {
  const kind = typed.includes('@') ? 'email' : /\p{L}/u.test(typed) ? 'username' : 'phone_number';
  const parsed = kind === 'email' ? EmailField.safeParse(typed) : ProfileFields[kind].safeParse(typed);
  return parsed.success
    ? { kind, value: parsed.data.toLowerCase() }
    : { kind: 'nobody', value: typed.trim() };
}

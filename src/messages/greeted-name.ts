/** What a mail greets a user by: the name, or else the first name, as some products ask for the parts of a name only. */
export function greetedName(user: {
  name?: string | null | undefined;
  givenName?: string | null | undefined;
}): string | null {
  return user.name ?? user.givenName ?? null;
}

import { messages } from '../kit/messages.ts';

/** What the list of users says. */
export const usersMessages = messages({
  en: {
    q: 'Search',
    qHint: 'The beginning of an e-mail address, username, name or phone number, or an id.',
    filters: 'More filters',
    any: 'Any',
    yes: 'Yes',
    no: 'No',
    status: 'Status',
    role: 'Role',
    plan: 'Plan',
    verified: 'Address verified',
    anonymous: 'Anonymous',
    createdAfter: 'Joined on or after',
    createdBefore: 'Joined before',
    search: 'Search',
    all: 'Show all',
    new: 'New user',
    found: (total: number, isExact: boolean) =>
      !isExact
        ? `${total.toLocaleString('en')} users or more`
        : total === 0
          ? 'No users found'
          : total === 1
            ? '1 user'
            : `${total.toLocaleString('en')} users`,
    paging: 'Pages of users',
    first: 'First page',
    next: 'Next page',
    choose: 'Choose',
    chooseNamed: (email: string) => `Choose ${email}`,
    columns: {
      email: 'E-mail address',
      name: 'Name',
      username: 'Username',
      status: 'Status',
      role: 'Role',
      plan: 'Plan',
      email_verified: 'Verified',
      created_at: 'Joined',
      last_login_at: 'Last sign-in',
    },
    bulk: {
      act: 'Change all chosen users',
      acts: {
        suspend: 'Suspend',
        reactivate: 'Reactivate',
        verify: 'Mark the address as verified',
        reset: 'Force a new password',
      },
      button: 'Apply',
    },
    partly: (changed: number, failed: number) => `Changed: ${changed}. Not changed: ${failed}.`,
    /** What was done to how many users, by its code. */
    done: {
      suspend: (count) => `Suspended: ${count}.`,
      reactivate: (count) => `Reactivated: ${count}.`,
      verify: (count) => `Addresses marked as verified: ${count}.`,
      reset: (count) => `Links to set a new password mailed: ${count}.`,
      deleted: () => 'The user is deleted.',
    } as Record<string, ((count: number) => string) | undefined>,
  },
  de: {
    q: 'Suche',
    qHint: 'Der Anfang von E-Mail-Adresse, Benutzername, Name oder Telefonnummer, oder eine Kennung.',
    filters: 'Weitere Filter',
    any: 'Alle',
    yes: 'Ja',
    no: 'Nein',
    status: 'Status',
    role: 'Rolle',
    plan: 'Tarif',
    verified: 'Adresse bestätigt',
    anonymous: 'Anonym',
    createdAfter: 'Dabei seit (frühestens)',
    createdBefore: 'Dabei vor',
    search: 'Suchen',
    all: 'Alle zeigen',
    new: 'Neuer Benutzer',
    found: (total, isExact) =>
      !isExact
        ? `${total.toLocaleString('de')} Benutzer oder mehr`
        : total === 0
          ? 'Keine Benutzer gefunden'
          : `${total.toLocaleString('de')} Benutzer`,
    paging: 'Seiten der Liste',
    first: 'Erste Seite',
    next: 'Nächste Seite',
    choose: 'Auswählen',
    chooseNamed: (email) => `${email} auswählen`,
    columns: {
      email: 'E-Mail-Adresse',
      name: 'Name',
      username: 'Benutzername',
      status: 'Status',
      role: 'Rolle',
      plan: 'Tarif',
      email_verified: 'Bestätigt',
      created_at: 'Dabei seit',
      last_login_at: 'Letzte Anmeldung',
    },
    bulk: {
      act: 'Alle ausgewählten ändern',
      acts: {
        suspend: 'Sperren',
        reactivate: 'Entsperren',
        verify: 'Adresse als bestätigt markieren',
        reset: 'Neues Passwort verlangen',
      },
      button: 'Anwenden',
    },
    partly: (changed, failed) => `Geändert: ${changed}. Nicht geändert: ${failed}.`,
    done: {
      suspend: (count) => `Gesperrt: ${count}.`,
      reactivate: (count) => `Entsperrt: ${count}.`,
      verify: (count) => `Als bestätigt markierte Adressen: ${count}.`,
      reset: (count) => `Verschickte Links für ein neues Passwort: ${count}.`,
      deleted: () => 'Der Benutzer ist gelöscht.',
    },
  },
});

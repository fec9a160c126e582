import { messages } from '../kit/messages.ts';

const usersIn = (count: number) => (count === 1 ? '1 user' : `${count} users`);

const benutzer = (count: number) => (count === 1 ? 'einen Benutzer' : `${count} Benutzer`);

/** What the list of users says. */
export const usersMessages = messages({
  en: {
    q: 'Search',
    qHint: 'Email, name, username, phone or id',
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
      email: 'Email address',
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
      button: 'Continue',
      /** What is asked before it is done to so many users, and what the button says then. */
      confirm: {
        suspend: (count: number) => `Suspend ${usersIn(count)}?`,
        reactivate: (count: number) => `Reactivate ${usersIn(count)}?`,
        verify: (count: number) => `Mark the addresses of ${usersIn(count)} as verified?`,
        reset: (count: number) => `Force a new password for ${usersIn(count)}?`,
      },
      confirmed: {
        suspend: (count: number) => `Suspend ${usersIn(count)}`,
        reactivate: (count: number) => `Reactivate ${usersIn(count)}`,
        verify: (count: number) => `Verify ${usersIn(count)}`,
        reset: (count: number) => `Mail ${usersIn(count)}`,
      },
      effects: {
        suspend: 'They are signed out everywhere and cannot sign in until they are reactivated.',
        reactivate: 'They can sign in again.',
        verify: 'They can then do what needs a verified address.',
        reset: 'They are signed out everywhere. Each gets a link to set a new password by mail.',
      },
      more: (count: number) => `and ${count} more`,
      cancel: 'Cancel',
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
    qHint: 'E-Mail, Name, Benutzername, Telefon oder Kennung',
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
      button: 'Weiter',
      confirm: {
        suspend: (count) => `${benutzer(count)} sperren?`,
        reactivate: (count) => `${benutzer(count)} entsperren?`,
        verify: (count) =>
          `${count === 1 ? 'Die Adresse eines Benutzers' : `Die Adressen von ${count} Benutzern`} als bestätigt markieren?`,
        reset: (count) =>
          `Neues Passwort von ${count === 1 ? 'einem Benutzer' : `${count} Benutzern`} verlangen?`,
      },
      confirmed: {
        suspend: (count) => `${benutzer(count)} sperren`,
        reactivate: (count) => `${benutzer(count)} entsperren`,
        verify: (count) => `${count === 1 ? 'Adresse' : `${count} Adressen`} bestätigen`,
        reset: (count) => `${benutzer(count)} schreiben`,
      },
      effects: {
        suspend: 'Sie werden überall abgemeldet und können sich nicht anmelden, bis sie entsperrt werden.',
        reactivate: 'Sie können sich wieder anmelden.',
        verify: 'Sie dürfen dann, was eine bestätigte Adresse voraussetzt.',
        reset: 'Sie werden überall abgemeldet. Jeder bekommt per E-Mail einen Link für ein neues Passwort.',
      },
      more: (count) => `und ${count} weitere`,
      cancel: 'Abbrechen',
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

import type { Messages } from './messages.ts';

/** What the pages say in German. */
export const de: Messages = {
  frame: {
    skip: 'Zum Inhalt springen',
    language: 'Sprache',
  },
  form: {
    error: 'Fehler',
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    passwordHint: 'Mindestens 8 Zeichen. Einige zufällige Wörter sind sicher und leicht zu merken.',
    newPassword: 'Neues Passwort',
    name: 'Name',
    optional: 'freiwillig',
  },
  errors: {
    validation_failed: 'Bitte prüfen Sie Ihre Eingaben.',
    invalid_link: 'Dieser Link wurde schon benutzt, durch einen neueren ersetzt oder ist zu alt.',
    invalid_credentials: 'Der Name oder das Passwort ist falsch.',
    account_suspended: 'Dieses Konto ist gesperrt. Bitte wenden Sie sich an den Betreiber.',
    email_not_verified:
      'Bitte bestätigen Sie zuerst Ihre E-Mail-Adresse: Wir haben Ihnen einen Link geschickt.',
    registration_closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
    user_exists: 'Zu dieser E-Mail-Adresse gibt es schon ein Konto.',
    username_taken: 'Dieser Benutzername ist vergeben.',
    too_many_attempts: 'Zu viele Fehlversuche. Bitte warten Sie eine Weile.',
    rate_limited: 'Zu viele Anfragen. Bitte warten Sie eine Minute.',
    invalid_code: 'Dieser Code ist falsch oder abgelaufen.',
    conflict: 'Das Konto wurde gleichzeitig geändert. Bitte versuchen Sie es noch einmal.',
    origin_not_allowed: 'Dieses Formular kam von anderswo. Bitte füllen Sie es hier aus.',
  },
  fieldErrors: {
    password_too_short: 'Das Passwort braucht mindestens 8 Zeichen.',
    password_too_long: 'Das Passwort darf höchstens 256 Zeichen haben.',
    password_too_common: 'Dieses Passwort ist zu leicht zu erraten.',
    country_not_supported: 'In dieses Land können keine Textnachrichten geschickt werden.',
    required: 'Diese Angabe fehlt.',
    email: 'Geben Sie eine E-Mail-Adresse wie ada@example.com ein.',
    username:
      'Ein Benutzername hat 3 bis 32 Buchstaben, Ziffern, Punkte, Binde- oder Unterstriche, darunter einen Buchstaben, und beginnt mit einem Buchstaben oder einer Ziffer.',
    phone_number: 'Geben Sie eine internationale Nummer wie +4930901820 ein.',
    other: 'So kann das nicht verwendet werden.',
  },
  signIn: {
    title: 'Anmelden',
    identifier: 'E-Mail-Adresse, Benutzername oder Telefonnummer',
    button: 'Anmelden',
    forgot: 'Vergessen?',
    byCode: 'Mit einem Einmalcode anmelden',
    newHere: 'Neu hier?',
    register: 'Konto anlegen',
    or: 'oder',
    with: (provider) => `Weiter mit ${provider}`,
  },
};

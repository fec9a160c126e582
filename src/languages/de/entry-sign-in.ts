import type { Texts } from '../texts.ts';

/** In German. */
export const entrySignIn: Texts['entrySignIn'] = {
  signIn: {
    title: 'Anmelden',
    identifier: 'E-Mail, Benutzername oder Telefon',
    button: 'Anmelden',
    forgot: 'Passwort vergessen?',
    byLink: 'Link per E-Mail schicken',
    byCode: 'Mit einem Einmalcode anmelden',
    byPasskey: 'Mit einem Passkey anmelden',
    passkeyFailed:
      'Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal, oder melden Sie sich anders an.',
    confirm: 'Link noch einmal schicken',
    newHere: 'Neu hier?',
    register: 'Konto erstellen',
    or: 'oder',
    lastUsed: 'Zuletzt benutzt',
    with: (provider) => `Weiter mit ${provider}`,
  },
  proceed: {
    title: 'Konto wählen',
    signedInAs: 'Sie sind angemeldet als',
    button: (name) => `Weiter als ${name}`,
    other: 'Anderes Konto verwenden',
  },
  signOut: {
    title: 'Abmelden',
    text: 'Möchten Sie sich auf diesem Gerät abmelden?',
    button: 'Abmelden',
    stay: 'Angemeldet bleiben',
    doneTitle: 'Sie sind abgemeldet',
    done: 'Auf diesem Gerät ist niemand mehr angemeldet.',
    again: 'Anmelden',
  },
  providerErrors: {
    provider_denied: (provider) =>
      `Sie haben der Anmeldung mit ${provider} nicht zugestimmt. Es hat sich nichts geändert: Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.`,
    oauth_state_invalid: () =>
      'Diese Anmeldung hat zu lange gedauert oder wurde in einem anderen Browser begonnen. Bitte versuchen Sie es noch einmal.',
    provider_rejected: (provider) =>
      `Der Antwort von ${provider} konnten wir nicht trauen. Bitte versuchen Sie es noch einmal, oder melden Sie sich anders an.`,
    provider_unavailable: (provider) =>
      `${provider} antwortet zurzeit nicht. Bitte versuchen Sie es später, oder melden Sie sich anders an.`,
    email_missing: (provider) =>
      `${provider} hat uns Ihre E-Mail-Adresse nicht genannt. Bitte erlauben Sie es, oder melden Sie sich anders an.`,
    provider_email_unverified: (provider) =>
      `Ihre E-Mail-Adresse ist bei ${provider} nicht bestätigt. Bitte bestätigen Sie sie zuerst dort, oder melden Sie sich anders an.`,
    account_exists: (provider) =>
      `Zu dieser Adresse gibt es ein Konto: Melden Sie sich mit dessen Passwort an und verknüpfen Sie ${provider} dann in Ihrem Konto.`,
    identity_conflict: (provider) =>
      `Dieses Konto bei ${provider} ist hier mit einem anderen Nutzer verknüpft. Melden Sie sich damit an, und lösen Sie zuerst dort die Verknüpfung.`,
    email_not_verified: () =>
      'Bitte bestätigen Sie zuerst Ihre E-Mail-Adresse: Wir haben Ihnen einen Link geschickt.',
    account_suspended: () => 'Dieses Konto ist gesperrt. Bitte wenden Sie sich an den Betreiber.',
    registration_closed: () => 'Neue Konten können hier zurzeit nicht angelegt werden.',
    other: () => 'Die Anmeldung hat nicht geklappt. Bitte versuchen Sie es noch einmal.',
  },
};

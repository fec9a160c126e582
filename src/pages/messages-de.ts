import { accountDe } from './account-messages-de.ts';
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
    last_sign_in_method:
      'So melden Sie sich an, anders geht es nicht. Setzen Sie zuerst ein Passwort oder verknüpfen Sie ein weiteres Konto.',
    payload_too_large: 'Das ist zu groß.',
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
    to: 'Geben Sie eine E-Mail-Adresse wie ada@example.com oder eine Telefonnummer wie +4930901820 ein.',
    code: 'Geben Sie die sechs Ziffern des Codes ein.',
    given_name: 'Hier passen höchstens 100 Zeichen hin.',
    family_name: 'Hier passen höchstens 100 Zeichen hin.',
    name: 'Hier passen höchstens 200 Zeichen hin.',
    bio: 'Hier passen höchstens 2000 Zeichen hin.',
    not_confirmed: 'Das ist nicht die E-Mail-Adresse dieses Kontos.',
    sign_in_again: 'Bitte melden Sie sich zuerst neu an. Dann haben Sie zehn Minuten.',
    preferences_too_large: 'Es ist schon zu viel gespeichert.',
    image_too_large: 'Ein Bild darf höchstens 2 MB haben.',
    image_unsupported: 'Wählen Sie ein Bild im Format PNG, JPEG oder WebP.',
    image_malformed: 'Dieses Bild ist beschädigt.',
    image_too_many_pixels: 'Das Bild darf höchstens 4096 mal 4096 Bildpunkte haben.',
    image_animated: 'Das Bild darf nicht bewegt sein.',
    other: 'So kann das nicht verwendet werden.',
  },
  account: accountDe,
  signIn: {
    title: 'Anmelden',
    identifier: 'E-Mail-Adresse, Benutzername oder Telefonnummer',
    button: 'Anmelden',
    forgot: 'Vergessen?',
    byCode: 'Mit einem Einmalcode anmelden',
    confirm: 'Link noch einmal schicken',
    newHere: 'Neu hier?',
    register: 'Konto anlegen',
    or: 'oder',
    with: (provider) => `Weiter mit ${provider}`,
  },
  proceed: {
    title: 'Konto wählen',
    signedInAs: 'Sie sind angemeldet als',
    button: (name) => `Weiter als ${name}`,
    other: 'Anderes Konto verwenden',
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
  register: {
    title: 'Konto anlegen',
    button: 'Konto anlegen',
    known: 'Haben Sie schon ein Konto?',
    signIn: 'Anmelden',
    closed: 'Neue Konten können hier zurzeit nicht angelegt werden.',
    sentTitle: 'Sie haben Post',
    sent: 'Wir haben Ihnen einen Link geschickt. Folgen Sie ihm, um Ihre Adresse zu bestätigen, und melden Sie sich dann an.',
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
  code: {
    title: 'Mit einem Einmalcode anmelden',
    email: 'Wir schicken Ihnen per E-Mail einen Code aus sechs Ziffern. Ein Passwort brauchen Sie nicht.',
    anywhere:
      'Wir schicken Ihnen per E-Mail oder Textnachricht einen Code aus sechs Ziffern. Ein Passwort brauchen Sie nicht.',
    address: 'E-Mail-Adresse oder Telefonnummer',
    addressHint: 'Eine Telefonnummer muss in Ihrem Konto bestätigt sein; schreiben Sie sie wie +4930901820.',
    send: 'Code schicken',
    sentTitle: 'Code eingeben',
    sent: 'Wenn es dazu ein Konto gibt, ist ein Code unterwegs an',
    code: 'Code',
    codeHint: 'Sechs Ziffern. Er gilt zehn Minuten lang.',
    button: 'Anmelden',
    again: 'Noch einen Code schicken',
    password: 'Mit Passwort anmelden',
    other: 'Andere Adresse verwenden',
  },
  forgot: {
    title: 'Passwort vergessen?',
    text: 'Wir schicken Ihnen einen Link, mit dem Sie ein neues wählen.',
    button: 'Link schicken',
    back: 'Zurück zur Anmeldung',
    sentTitle: 'Sie haben Post',
    sent: 'Wenn es zu dieser Adresse ein Konto gibt, ist ein Link unterwegs. Er gilt eine Stunde lang.',
  },
  reset: {
    title: 'Neues Passwort wählen',
    text: 'Alle Ihre Geräte werden abgemeldet.',
    button: 'Passwort setzen',
    doneTitle: 'Ihr neues Passwort gilt',
    done: 'Melden Sie sich jetzt damit an.',
    signIn: 'Anmelden',
    again: 'Neuen Link anfordern',
  },
  verify: {
    title: 'E-Mail-Adresse bestätigen',
    text: 'Bestätigen Sie mit dem Knopf, dass diese Adresse Ihre ist.',
    button: 'Adresse bestätigen',
    doneTitle: 'Vielen Dank',
    done: 'Ihre E-Mail-Adresse ist bestätigt.',
    account: 'Zu Ihrem Konto',
    signIn: 'Anmelden',
    again: 'Neuen Link anfordern',
    askText: 'Nennen Sie uns die Adresse Ihres Kontos, und wir schicken Ihnen einen neuen Link.',
    ask: 'Link schicken',
    sent: 'Wenn es zu dieser Adresse ein Konto gibt, das noch nicht bestätigt ist, ist ein Link unterwegs.',
  },
  undo: {
    title: 'Adresse zurückholen',
    text: 'Ihr Konto kehrt zu dieser Adresse zurück, alle Geräte werden abgemeldet, und das Passwort gilt nicht mehr. Wir schicken Ihnen einen Link, mit dem Sie ein neues wählen.',
    button: 'Änderung rückgängig machen',
    doneTitle: 'Die Änderung ist rückgängig gemacht',
    done: 'Ihr Konto hat wieder diese Adresse. In Ihrer Post finden Sie einen Link, mit dem Sie ein neues Passwort wählen.',
  },
  failed: {
    title: 'Das hat nicht geklappt',
    reference: 'Wenn Sie uns deswegen schreiben, nennen Sie bitte',
    home: 'Zu Ihrem Konto',
    again: 'Seite neu öffnen',
  },
  failures: {
    not_found: {
      title: 'Hier ist nichts',
      text: 'Vielleicht ist die Adresse falsch geschrieben, oder die Seite ist umgezogen. Bitte prüfen Sie sie.',
    },
    realm_not_found: {
      title: 'Hier ist nichts',
      text: 'Vielleicht ist die Adresse falsch geschrieben. Bitte gehen Sie dorthin zurück, woher Sie kamen, und versuchen Sie es noch einmal.',
    },
    method_not_allowed: {
      title: 'Diese Seite geht anders',
      text: 'So kann sie nicht aufgerufen werden. Bitte öffnen Sie sie neu.',
    },
    invalid_request: {
      title: 'Das ist nicht lesbar',
      text: 'Was ankam, ist beschädigt. Bitte gehen Sie zurück und versuchen Sie es noch einmal.',
    },
    validation_failed: {
      title: 'Das ist nicht lesbar',
      text: 'Die Adresse, über die Sie kamen, ist unvollständig oder falsch. Bitte gehen Sie dorthin zurück, woher Sie kamen, und versuchen Sie es noch einmal.',
    },
    redirect_not_allowed: {
      title: 'Dorthin können wir Sie nicht zurückschicken',
      text: 'Die Seite, von der Sie kommen, nennt für die Rückkehr eine Adresse, die nicht auf unserer Liste steht. Mit Ihrem Konto ist alles in Ordnung: Bitte sagen Sie dem Betreiber jener Seite Bescheid.',
    },
    origin_not_allowed: {
      title: 'Dieses Formular kam von anderswo',
      text: 'Zu Ihrer Sicherheit nehmen wir nur Formulare von unseren eigenen Seiten. Bitte öffnen Sie die Seite hier und füllen Sie es noch einmal aus.',
    },
    payload_too_large: {
      title: 'Das ist zu viel',
      text: 'Es wurde mehr geschickt, als wir annehmen können. Bitte kürzen Sie es.',
    },
    unsupported_media_type: {
      title: 'Das ist nicht lesbar',
      text: 'Das Formular kam in einer Form, die wir nicht kennen. Bitte öffnen Sie die Seite neu und füllen Sie es noch einmal aus.',
    },
    rate_limited: {
      title: 'Einen Moment bitte',
      text: 'Aus Ihrem Netz kamen zu viele Anfragen. Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.',
    },
    service_unavailable: {
      title: 'Gleich wieder da',
      text: 'Etwas, das wir brauchen, antwortet nicht. Bitte versuchen Sie es in einer Minute noch einmal.',
    },
    internal_error: {
      title: 'Etwas ist schiefgegangen',
      text: 'Das ist unser Fehler, nicht Ihrer. Bitte versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie uns Bescheid.',
    },
  },
};

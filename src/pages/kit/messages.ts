import type { Device } from '../../lib/device.ts';
import type { Language } from '../../lib/language.ts';

/**
 * What a page says, by language. Every language has the entries of the English texts: to add a language, add it to
 * `Language`, and the compiler lists what is missing.
 */
export function messages<Texts>(
  texts: { en: Texts } & Record<Exclude<Language, 'en'>, NoInfer<Texts>>,
): Record<Language, Texts> {
  return texts;
}

/** What forms, lists, charts and the frame of all pages say. */
export const kitMessages = messages({
  en: {
    skip: 'Skip to the content',
    language: 'Language',
    signOut: 'Sign out',
    menu: 'Menu',
    userMenu: 'Signed in',
    close: 'Close',
    cancel: 'Cancel',
    terms: 'Terms of service',
    privacy: 'Privacy policy',
    edit: 'Edit',
    copy: 'Copy',
    shownOnce: 'Copy the key now',
    shownOnceText: 'It is never shown again.',
    copied: 'Copied',
    showPassword: 'Show',
    strength: ['Weak', 'Fair', 'Good', 'Strong'],
    error: 'Error',
    challenge: {
      working: 'Your browser shows that you are no robot. This takes a moment.',
      solved: 'Your browser has shown that you are no robot.',
      failed:
        'Your browser could not show that you are no robot. Please open the page again, or try another one.',
      noScript: 'This needs JavaScript. Turn it on and send the form again, or try again in an hour.',
    },
    saved: 'Saved.',
    save: 'Save',
    never: 'Never',
    notSet: 'Not set',
    email: 'Email address',
    password: 'Password',
    passwordHint: 'At least 8 characters. A few random words are both strong and easy to keep.',
    newPassword: 'New password',
    name: 'Name',
    optional: 'optional',
    newest: 'Newest entries',
    older: 'Older entries',
    none: 'There is nothing here.',
    count: (total: string, isExact: boolean) => (isExact ? `${total} in all` : `More than ${total}`),
    date: 'Date',
    resources: { images: 'Images', videos: 'Videos', messages: 'Messages', tokens: 'Tokens' } as Record<
      string,
      string | undefined
    >,
    device: ({ program, system }: Device) => (system ? `${program} on ${system}` : program),
    unknownDevice: 'Unknown device',
    endingIn: (name: string, last4: string) => `${name} ending in ${last4}`,
    prices: {
      perMonth: (price: string) => `${price} a month`,
      perYear: (price: string) => `${price} a year`,
      perMonths: (price: string, months: number) => `${price} every ${months} months`,
      perDays: (price: string, days: number) => `${price} every ${days} days`,
      atCheckout: 'Price at checkout',
    },
  },
  de: {
    skip: 'Zum Inhalt springen',
    language: 'Sprache',
    signOut: 'Abmelden',
    menu: 'Menü',
    userMenu: 'Angemeldet',
    close: 'Schließen',
    cancel: 'Abbrechen',
    terms: 'Nutzungsbedingungen',
    privacy: 'Datenschutzerklärung',
    edit: 'Bearbeiten',
    copy: 'Kopieren',
    shownOnce: 'Kopieren Sie den Schlüssel jetzt',
    shownOnceText: 'Er wird nie wieder gezeigt.',
    copied: 'Kopiert',
    showPassword: 'Anzeigen',
    strength: ['Schwach', 'Mäßig', 'Gut', 'Stark'],
    error: 'Fehler',
    challenge: {
      working: 'Ihr Browser weist nach, dass Sie kein Roboter sind. Das dauert einen Moment.',
      solved: 'Ihr Browser hat nachgewiesen, dass Sie kein Roboter sind.',
      failed:
        'Ihr Browser konnte nicht nachweisen, dass Sie kein Roboter sind. Bitte öffnen Sie die Seite neu, oder nehmen Sie einen anderen.',
      noScript:
        'Das geht nur mit JavaScript. Schalten Sie es ein und senden Sie das Formular noch einmal ab, oder versuchen Sie es in einer Stunde.',
    },
    saved: 'Gespeichert.',
    save: 'Speichern',
    never: 'Nie',
    notSet: 'Keine Angabe',
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    passwordHint: 'Mindestens 8 Zeichen. Einige zufällige Wörter sind sicher und leicht zu merken.',
    newPassword: 'Neues Passwort',
    name: 'Name',
    optional: 'freiwillig',
    newest: 'Neueste Einträge',
    older: 'Ältere Einträge',
    none: 'Hier ist nichts.',
    count: (total, isExact) => (isExact ? `${total} insgesamt` : `Mehr als ${total}`),
    date: 'Datum',
    resources: { images: 'Bilder', videos: 'Videos', messages: 'Nachrichten', tokens: 'Tokens' },
    device: ({ program, system }) => (system ? `${program} unter ${system}` : program),
    unknownDevice: 'Unbekanntes Gerät',
    endingIn: (name, last4) => `${name}, endet auf ${last4}`,
    prices: {
      perMonth: (price) => `${price} im Monat`,
      perYear: (price) => `${price} im Jahr`,
      perMonths: (price, months) => `${price} alle ${months} Monate`,
      perDays: (price, days) => `${price} alle ${days} Tage`,
      atCheckout: 'Preis beim Bezahlen',
    },
  },
});

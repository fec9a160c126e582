import type { Texts } from '../texts.ts';

/** In German. */
export const entryEmailAddress: Texts['entryEmailAddress'] = {
  verify: {
    title: 'E-Mail-Adresse bestätigen',
    made: {
      text: 'Mit Ihrer E-Mail-Adresse wurde dieses Konto angelegt. Ist es Ihres?',
      refusal:
        'Nichts von dem, was das Konto jetzt öffnet, gilt danach noch, und Sie wählen ein eigenes Passwort.',
    },
    asked: {
      text: 'Dieses Konto soll Ihre E-Mail-Adresse bekommen. Ist es Ihres?',
      refusal: 'Das Konto bekommt Ihre Adresse nicht.',
    },
    mine: 'Das ist mein Konto',
    notMine: 'Das war ich nicht',
    refused: 'Das Konto bekommt Ihre Adresse nicht.',
    doneTitle: 'Vielen Dank',
    alreadyTitle: 'Schon bestätigt',
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
};

import { messages } from '../kit/messages.ts';

/** What the pages say that links in mails about addresses lead to. */
export const emailAddressMessages = messages({
  en: {
    verify: {
      title: 'Confirm your email address',
      made: {
        text: 'This account was made with your email address. Is it yours?',
        refusal:
          'Everything that opens the account now stops working, and you choose a password of your own.',
      },
      asked: {
        text: 'This account is to get your email address. Is it yours?',
        refusal: 'The account does not get your address.',
      },
      mine: 'This is my account',
      notMine: 'I did not make this',
      refused: 'The account does not get your address.',
      doneTitle: 'Thank you',
      alreadyTitle: 'Already confirmed',
      done: 'Your email address is confirmed.',
      account: 'To your account',
      signIn: 'Sign in',
      again: 'Ask for a new link',
      askText: 'Tell us the address of your account, and we mail you a new link.',
      ask: 'Send the link',
      sent: 'If there is an account with this address that is not confirmed yet, a link is on its way.',
    },
    undo: {
      title: 'Get your address back',
      text: 'Your account returns to this address, every device is signed out, and the password stops working. We mail you a link to choose a new one.',
      button: 'Undo the change',
      doneTitle: 'The change is undone',
      done: 'Your account has this address again. Check your email for a link to choose a new password.',
    },
  },
  de: {
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
  },
});

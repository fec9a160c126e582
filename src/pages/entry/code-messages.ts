import { messages } from '../kit/messages.ts';

/** What the pages of one-time codes say. */
export const codeMessages = messages({
  en: {
    title: 'Sign in with a one-time code',
    email: 'We mail you a code of six digits. You need no password.',
    anywhere: 'We send you a code of six digits, by mail or text message. You need no password.',
    address: 'E-mail address or phone number',
    addressHint: 'A phone number must be confirmed in your account; write it like +442071838750.',
    send: 'Send the code',
    sentTitle: 'Enter the code',
    sent: 'If there is an account for it, a code is on its way to',
    code: 'Code',
    codeHint: 'Six digits. It works for ten minutes.',
    button: 'Sign in',
    again: 'Send another code',
    password: 'Sign in with a password',
    other: 'Use another address',
  },
  de: {
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
});

import type { Texts } from '../texts.ts';

/** In German. */
export const entryCode: Texts['entryCode'] = {
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
  addTitle: 'E-Mail-Adresse hinzufügen',
  add: 'Wir schicken Ihnen per E-Mail einen Code aus sechs Ziffern. Wer ihn eingibt, zeigt, dass ihm die Adresse gehört; sie öffnet von da an Ihr Konto.',
  addSent: 'Ein Code ist unterwegs an',
  addButton: 'Adresse bestätigen',
  account: 'Zurück zum Konto',
};

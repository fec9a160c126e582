import type { Texts } from '../texts.ts';

/** In German. */
export const entryLink: Texts['entryLink'] = {
  title: 'Mit einem Link anmelden',
  text: 'Wir schicken Ihnen per E-Mail einen Link, der Sie anmeldet. Ein Passwort brauchen Sie nicht.',
  send: 'Link per E-Mail schicken',
  code: 'Stattdessen einen Code schicken',
  password: 'Mit Passwort anmelden',
  sentTitle: 'Sehen Sie in Ihr Postfach',
  sent: 'Wenn es dazu ein Konto gibt, ist ein Link unterwegs an',
  sentHere: 'Öffnen Sie ihn in diesem Browser, dann sind Sie hier angemeldet. Er gilt zehn Minuten lang.',
  elsewhere:
    'Haben Sie ihn auf einem anderen Gerät geöffnet? Dort zeigt er eine Zahl: Geben Sie sie hier ein.',
  number: 'Zahl',
  numberHint: 'Sechs Ziffern',
  enter: 'Hier anmelden',
  again: 'Link noch einmal schicken',
  other: 'Andere Adresse verwenden',
  hereTitle: 'Anmelden',
  here: 'Sie haben diesen Link in diesem Browser angefordert.',
  hereButton: 'Anmelden',
  awayTitle: 'Sie sind in einem anderen Browser',
  away: 'Dieser Link wurde in einem anderen Browser angefordert. Waren Sie das, dann lassen Sie sich die Zahl zeigen, und geben Sie sie dort ein. Waren Sie es nicht, dann schließen Sie diese Seite: Niemand wird angemeldet.',
  askedFrom: 'Angefordert aus',
  askedWith: 'Angefordert mit',
  show: 'Zahl zeigen',
  numberTitle: 'Geben Sie diese Zahl ein',
  numberText:
    'Geben Sie sie in dem Browser ein, in dem Sie den Link angefordert haben: Dort sind Sie dann angemeldet, nicht hier. Sagen Sie sie niemandem.',
  newLink: 'Neuen Link anfordern',
};

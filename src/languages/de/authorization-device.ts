import type { Texts } from '../texts.ts';

/** In German. */
export const authorizationDevice: Texts['authorizationDevice'] = {
  title: 'Gerät verbinden',
  enter: 'Geben Sie den Code ein, den Ihr Gerät zeigt.',
  code: 'Code',
  codeHint: 'Acht Buchstaben, etwa WDJB-MJHT',
  continue: 'Weiter',
  unknown:
    'Mit diesem Code wartet kein Gerät: Er ist vertippt, verbraucht oder zu alt. Das Gerät kann einen neuen zeigen.',
  shows: 'Ihr Gerät muss diesen Code zeigen:',
  asks: 'möchte auf einem Gerät Ihr Konto benutzen bei',
  from: 'Die Anfrage kam von',
  warning:
    'Fahren Sie nur fort, wenn Sie das gerade selbst begonnen haben und genau diesen Code auf dem Gerät sehen. Wer Ihnen den Code oder den Link geschickt hat oder ihn am Telefon vorliest, will in Ihr Konto: Brechen Sie ab.',
  allow: 'Gerät verbinden',
  deny: 'Abbrechen',
  allowed: {
    title: 'Das Gerät ist verbunden',
    text: 'Sie können diese Seite schließen und dort weitermachen. Trennen können Sie es jederzeit, unter „Apps“ in Ihrem Konto.',
  },
  denied: {
    title: 'Das Gerät ist nicht verbunden',
    text: 'Es bekommt nichts von Ihrem Konto. Sie können diese Seite schließen.',
  },
  apps: 'Zu Ihren Apps',
};

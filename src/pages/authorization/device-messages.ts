import { messages } from '../kit/messages.ts';

/** What the page says on which a user lets a device in. */
export const deviceMessages = messages({
  en: {
    title: 'Connect a device',
    enter: 'Enter the code that your device shows.',
    code: 'Code',
    codeHint: 'Eight letters, such as WDJB-MJHT',
    continue: 'Continue',
    unknown: 'No device waits with this code: it is mistyped, used, or too old. A device can show a new one.',
    shows: 'Your device has to show this code:',
    asks: 'on a device wants to use your account at',
    from: 'The request came from',
    warning:
      'Go on only if you have just started this yourself, and see this very code on the device. If somebody sent you the code or the link, or reads it to you on the phone, they want to get into your account: cancel.',
    allow: 'Connect the device',
    deny: 'Cancel',
    allowed: {
      title: 'The device is connected',
      text: 'You can close this page and go on there. Disconnect it at any time, under “Apps” in your account.',
    },
    denied: {
      title: 'The device is not connected',
      text: 'It gets nothing of your account. You can close this page.',
    },
    apps: 'To your apps',
  },
  de: {
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
  },
});

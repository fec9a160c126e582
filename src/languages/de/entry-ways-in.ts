import type { Texts } from '../texts.ts';

/** In German. */
export const entryWaysIn: Texts['entryWaysIn'] = {
  made: 'Angelegt',
  madeIn: 'Ort',
  madeWith: 'Gerät',
  opens: 'Was es öffnet',
  nothing: 'Nur Links und Codes, die per E-Mail an die Adresse gehen',
  password: 'Ein Passwort',
  phone: (digits) => `Ein Code an die Telefonnummer mit der Endung ${digits}`,
  identity: (provider, address) =>
    address === null ? `Ein Konto bei ${provider}` : `Ein Konto bei ${provider} (${address})`,
  passkey: (name) => `Ein Passkey (${name})`,
  apiKeys: (count) => `API-Schlüssel, die damit angelegt wurden: ${count}`,
  endTitle: 'Das gilt danach nicht mehr',
  endText:
    'Es kam hinzu, bevor die Adresse bestätigt war, oder es sind Schlüssel, die mit dem Konto angelegt wurden.',
  stayTitle: 'Auch das öffnet Ihr Konto',
  keep: 'Behalten',
  end: 'Auch beenden: Ich habe es nicht hinzugefügt, oder jemand anders könnte es benutzen',
};

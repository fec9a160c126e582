import type { Texts } from '../texts.ts';

/** In German. */
export const accountDevices: Texts['accountDevices'] = {
  title: 'Geräte',
  text: 'Hier sind Sie angemeldet. Wenn Sie ein Gerät nicht kennen, melden Sie es ab und ändern Sie Ihr Passwort.',
  current: 'Dieses Gerät',
  lastSeen: 'Zuletzt benutzt',
  signedIn: 'Angemeldet',
  end: 'Abmelden',
  endNamed: (device) => `${device} abmelden`,
  others: 'Alle anderen Geräte abmelden',
  othersTitle: 'Alle anderen Geräte abmelden?',
  othersText: 'Nur dieses Gerät bleibt angemeldet. Auf den anderen melden Sie sich neu an.',
  othersGo: 'Andere abmelden',
  none: 'Sie sind nirgendwo sonst angemeldet.',
  done: {
    session_ended: 'Das Gerät ist abgemeldet.',
    others_ended: 'Alle anderen Geräte sind abgemeldet.',
  },
};

import { messages } from '../kit/messages.ts';

/** What the page of a user’s devices says. */
export const devicesMessages = messages({
  en: {
    title: 'Devices',
    text: 'You are signed in on these devices. If you do not recognise one, sign it out and change your password.',
    current: 'This device',
    lastSeen: 'Last used',
    signedIn: 'Signed in',
    end: 'Sign out',
    endNamed: (device: string) => `Sign out ${device}`,
    others: 'Sign out all other devices',
    othersTitle: 'Sign out all other devices?',
    othersText: 'You stay signed in here. On the others you sign in again.',
    othersGo: 'Sign out the others',
    none: 'You are signed in nowhere else.',
    done: {
      session_ended: 'The device is signed out.',
      others_ended: 'All your other devices are signed out.',
    } as Record<string, string | undefined>,
  },
  de: {
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
  },
});

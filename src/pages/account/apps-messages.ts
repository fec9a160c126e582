import { messages } from '../kit/messages.ts';

/** What the page of connected apps says. */
export const appsMessages = messages({
  en: {
    title: 'Apps',
    text: 'Apps that may use your account. One that you disconnect loses its access at once.',
    none: 'No app may use your account.',
    may: 'It may',
    connected: 'Connected',
    lastUsed: 'Last used',
    gone: 'An app that is no more',
    disconnect: 'Disconnect',
    disconnectNamed: (app: string) => `Disconnect ${app}`,
    done: { disconnected: 'The app is disconnected.' } as Record<string, string | undefined>,
  },
  de: {
    title: 'Apps',
    text: 'Apps, die Ihr Konto benutzen dürfen. Eine, die Sie trennen, verliert ihren Zugriff sofort.',
    none: 'Keine App darf Ihr Konto benutzen.',
    may: 'Sie darf',
    connected: 'Verbunden',
    lastUsed: 'Zuletzt benutzt',
    gone: 'Eine App, die es nicht mehr gibt',
    disconnect: 'Trennen',
    disconnectNamed: (app) => `${app} trennen`,
    done: { disconnected: 'Die App ist getrennt.' },
  },
});

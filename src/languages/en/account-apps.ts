/** What the page of connected apps says. */
export const accountApps = {
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
};

/** What the page of connected apps says. */
export const accountApps = {
  title: 'Apps',
  text: 'Apps that may use your account, for you or for an organization. One that you disconnect loses its access at once.',
  actsFor: {
    yourself: 'Acts for you',
    organization: (name: string) => `Acts for ${name}`,
  },
  none: 'No app may use your account.',
  may: 'It may',
  connected: 'Connected',
  gone: 'An app that is no more',
  disconnect: 'Disconnect',
  disconnectNamed: (app: string, whom: string) => `Disconnect ${app} (${whom})`,
  done: { disconnected: 'The app is disconnected.' } as Record<string, string | undefined>,
};

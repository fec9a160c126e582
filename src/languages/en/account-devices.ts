/** What the page of a user’s devices says. */
export const accountDevices = {
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
};

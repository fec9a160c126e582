/** What the page says on which a user lets a device in. */
export const authorizationDevice = {
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
};

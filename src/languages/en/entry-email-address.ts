/** What the pages say that links in mails about addresses lead to. */
export const entryEmailAddress = {
  verify: {
    title: 'Confirm your email address',
    made: {
      text: 'This account was made with your email address. Is it yours?',
      refusal: 'Everything that opens the account now stops working, and you choose a password of your own.',
    },
    asked: {
      text: 'This account is to get your email address. Is it yours?',
      refusal: 'The account does not get your address.',
    },
    mine: 'This is my account',
    notMine: 'I did not make this',
    refused: 'The account does not get your address.',
    doneTitle: 'Thank you',
    alreadyTitle: 'Already confirmed',
    done: 'Your email address is confirmed.',
    account: 'To your account',
    signIn: 'Sign in',
    again: 'Ask for a new link',
    askText: 'Tell us the address of your account, and we mail you a new link.',
    ask: 'Send the link',
    sent: 'If there is an account with this address that is not confirmed yet, a link is on its way.',
  },
  undo: {
    title: 'Get your address back',
    text: 'Your account returns to this address, every device is signed out, and the password stops working. We mail you a link to choose a new one.',
    button: 'Undo the change',
    doneTitle: 'The change is undone',
    done: 'Your account has this address again. Check your email for a link to choose a new password.',
  },
};

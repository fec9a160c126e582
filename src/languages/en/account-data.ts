/** What the page of a user’s data says. */
export const accountData = {
  title: 'Your data',
  export: 'Take your data with you',
  exportText:
    'A file with everything that we store about you: profile, preferences, sign-ins, activity, and which mails we sent you. Programs can read it (JSON).',
  download: 'Download',
  delete: 'Delete your account',
  deleteText:
    'Your profile, password, picture, sign-ins and activity are deleted at once and for good; every device is signed out. Nobody can undo this. We only keep a record that there was an account, and when it was deleted.',
  confirmation: (email: string) => `Type ${email} to confirm`,
  deleteButton: 'Delete my account',
  deleted: 'Your account is deleted',
  deletedText: 'Everything that we stored about you is gone. We have sent you a last mail to confirm this.',
};

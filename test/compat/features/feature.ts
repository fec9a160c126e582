/** Where a feature is, or what there is in its place and why. */
export interface Feature {
  /** Markdown. In backticks: operations, pages, files, variables, npm scripts and error codes that there are. */
  where: string;
  /** As in `test/passwords/login.test.ts: signs in by e-mail, username or phone number`. */
  tests: string[];
}

/** Features of a service, by what documents.json says of them. */
export type Features = Record<string, Feature>;

/** The workflow that `init` writes: it tests the lock of the configuration on real servers with each change. */
import { callOf } from '../base/call.ts';

export const INIT_LANGUAGES = ['typescript', 'python', 'go', 'java', 'rust', 'shell'] as const;
export type InitLanguage = (typeof INIT_LANGUAGES)[number];

/** What a language needs of GitHub's runners beyond Node.js: those of Ubuntu have Rust and a shell. */
const TOOLCHAINS: Readonly<Record<InitLanguage, string>> = {
  typescript: '',
  python: "      - uses: actions/setup-python@v5\n        with: { python-version: '3.12' }\n",
  go: "      - uses: actions/setup-go@v5\n        with: { go-version: '1.26' }\n",
  java: "      - uses: actions/setup-java@v4\n        with: { distribution: temurin, java-version: '21' }\n",
  rust: '',
  shell: '',
};

export const workflowOf = (language: InitLanguage): string => `name: locks
on: [push, pull_request]
jobs:
  holdfast:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: '24' }
${TOOLCHAINS[language]}      - run: npm install
      - run: ${callOf('setup', '--backends', 'redis')}
      # The lock and the profile are those of holdfast.config.json; an exit code of 1 says that a claim was broken.
      - run: ${callOf('verify', '--backend', 'native')}
      - if: always()
        uses: actions/upload-artifact@v4
        with: { name: holdfast, path: runs/latest/ }
`;

/** Whether this runs from the sources of the repository, and not from a built package. */
const IN_CHECKOUT = import.meta.url.endsWith('.ts');

/** What to type to have the program do this: by the script of the checkout, or by the package that is installed. */
export function callOf(command: string, ...words: readonly string[]): string {
  if (!IN_CHECKOUT) return ['npx holdfast', command, ...words].join(' ');
  return ['npm run', command, ...(words.length === 0 ? [] : ['--', ...words])].join(' ');
}

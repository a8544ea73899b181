/** Building the subjects of this package, so that the first run of each need not. */
import { brokenSubjects, publishedSubjects, type SubjectEntry } from 'holdfast-locks/internal/subjects';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { reasonOf } from '../base/issues.ts';
import { ContractError } from '../subject/contract-error.ts';
import { isBuilt, prepareSubject } from '../subject/protocol/prepare.ts';
import { hint } from './names.ts';

const allSubjects = (): SubjectEntry[] => [...publishedSubjects(), ...brokenSubjects()];

/** Of these languages, or of `all`; those that are built already are left out. @throws UsageError for one that is none */
export async function unbuiltIn(languages: readonly string[]): Promise<SubjectEntry[]> {
  const subjects = allSubjects();
  const known = [...new Set(subjects.map(({ language }) => language))];
  const wrong = languages.find((language) => language !== 'all' && !known.includes(language));
  if (wrong !== undefined) throw new UsageError(`there is no subject in "${wrong}"${hint(wrong, known)}`);
  const wanted = languages.includes('all') ? known : languages;
  return subjects.filter(({ language, url }) => wanted.includes(language) && !isBuilt(url));
}

/** @throws InfrastructureError that names each that cannot be built, when the others are */
export async function buildAll(entries: readonly SubjectEntry[], say: (text: string) => void): Promise<void> {
  const failed: string[] = [];
  // One after another: a compiler has all processors anyway.
  for (const { name, url } of entries) {
    say(`building ${name}\n`);
    try {
      await prepareSubject(url);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      failed.push(`${name}: ${reasonOf(error)}`);
    }
  }
  if (failed.length > 0) throw new InfrastructureError(failed.join('\n'));
}

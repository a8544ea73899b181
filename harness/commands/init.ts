/** `init`: a lock to begin with, a configuration that names it, and a workflow that tests each change of it. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { parseRequest } from './request.ts';
import { INIT_LANGUAGES, workflowOf, type InitLanguage } from './init-workflow.ts';

export interface InitRequest {
  /** Of the lock; default `typescript`. */
  readonly language?: InitLanguage;
  /** Into which it is written; default the current folder. */
  readonly folder?: string;
}

export interface InitResult {
  /** What was written, from the folder. */
  readonly files: readonly string[];
  /** The lock, as `--impl` takes it in that folder. */
  readonly impl: string;
}

const shape = {
  language: z.enum(INIT_LANGUAGES).default('typescript'),
  folder: z.string().default('.'),
} satisfies Record<keyof InitRequest, z.ZodType>;
const initSchema = z.strictObject(shape);

/** Subjects of the package that somebody else's can be made from: the calls into their library are all that changes. */
const STARTERS: Readonly<Record<Exclude<InitLanguage, 'typescript'>, string>> = {
  ...{ python: 'redis-py', go: 'redislock', java: 'redisson', rust: 'rslock', shell: 'redis-cli' },
};
const MODULE = 'locks/my-lock.ts';
const IN_SOURCES = extname(import.meta.url) === '.ts';
const packageFile = (path: string): URL => new URL(`${IN_SOURCES ? '../../' : '../../../'}${path}`, import.meta.url);

const rootOf = (language: InitLanguage): string =>
  join(dirname(fileURLToPath(import.meta.resolve('holdfast-locks/package.json'))), 'adapters', language);

/** Those that the package has a lock in to begin with. */
export const offeredLanguages = (): InitLanguage[] =>
  INIT_LANGUAGES.filter(
    (language) => language === 'typescript' || existsSync(join(rootOf(language), STARTERS[language])),
  );

/** @throws UsageError that names what is there already; nothing is written then */
export function init(request: InitRequest = {}): InitResult {
  const { language, folder } = parseRequest('init', initSchema, request);
  const { impl, files: ofLock } = language === 'typescript' ? typescriptLock() : subjectIn(language);
  const files = new Map([
    ...ofLock,
    ['holdfast.config.json', `${JSON.stringify({ impl, profile: 'smoke' }, null, 2)}\n`],
    ['.github/workflows/locks.yml', workflowOf(language)],
  ]);
  const there = [...files.keys()].filter((file) => existsSync(join(folder, file)));
  if (there.length > 0) throw new UsageError(`init: nothing was written, for there is already: ${there.join(', ')}`);
  for (const [file, content] of files) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else cpSync(content, path);
  }
  return { files: [...files.keys()], impl };
}

/** What is written where: a text, or the file that is copied. */
type Files = readonly (readonly [string, string | URL])[];

function typescriptLock(): { readonly impl: string; readonly files: Files } {
  const example = readFileSync(packageFile('examples/my-lock.ts'), 'utf8');
  return { impl: `./${MODULE}`, files: [[MODULE, example.replaceAll('examples/my-lock.ts', MODULE)]] };
}

/** The subject with the helper of its language beside its folder, as they lie in the package. It claims nothing yet. */
function subjectIn(language: Exclude<InitLanguage, 'typescript'>): { readonly impl: string; readonly files: Files } {
  const root = rootOf(language);
  const starter = join(root, STARTERS[language]);
  const listed = existsSync(starter) ? readdirSync(starter).filter((name) => name.endsWith('.json')) : [];
  const file = listed.find((name) => basename(name, '.json') === STARTERS[language]) ?? listed[0];
  if (file === undefined) throw new UsageError(`init: there is no lock in ${language} to begin with`);
  const { claims: _, ...said } = JSON.parse(readFileSync(join(starter, file), 'utf8')) as Record<string, unknown>;
  const own = { ...said, name: 'my-lock', summary: 'A lock to begin with: put the calls into your library here.' };
  const beside = readdirSync(root, { withFileTypes: true });
  const helpers = beside.flatMap((entry) =>
    entry.isFile() ? [join(root, entry.name)] : entry.name === 'holdfast' ? filesIn(join(root, entry.name)) : [],
  );
  const copied = [...filesIn(starter).filter((path) => !path.endsWith('.json')), ...helpers];
  return {
    impl: './locks/my-lock/subject.json',
    files: [
      ['locks/my-lock/subject.json', `${JSON.stringify(own, null, 2)}\n`],
      ...copied.map((path): readonly [string, URL] => {
        const way = relative(root, path).split('\\').join('/');
        return [`locks/${way.replace(`${STARTERS[language]}/`, 'my-lock/')}`, new URL(`file://${path}`)];
      }),
    ],
  };
}

/** What a build or a test has left there is no part of it. */
const LEFTOVERS = ['__pycache__', 'target', 'node_modules'];

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFTOVERS.includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [path];
  });

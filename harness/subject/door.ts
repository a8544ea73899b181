/**
 * The door for modules of users: one is loaded in a process of its own first. There it may end the process, await for ever
 * or not even be JavaScript, and all that comes of it is one line that says where and what to do about it.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OWN_FLAGS } from '../base/own-module.ts';

/** Far more than loading takes, on a busy machine too. */
const LOADED_WITHIN_MS = 20_000;
/** By which Node says that nothing is left to happen that a module awaits. */
const AWAITS_FOR_EVER = 13;

/** @returns why the module at this URL cannot be loaded, in one line; `undefined` when it can */
export function whyNotLoadable(url: string): Promise<string | undefined> {
  const word = randomBytes(8).toString('hex');
  const load = `await import(${JSON.stringify(url)}); process.stdout.write('${word}', () => process.exit(0));`;
  const args = [...OWN_FLAGS, '--no-warnings', '--input-type=module', '--eval', load];
  const options = {
    timeout: LOADED_WITHIN_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, NODE_OPTIONS: '' },
  } as const;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (stdout.endsWith(word)) return resolve(undefined);
      if (error?.killed === true || child.exitCode === AWAITS_FOR_EVER)
        return resolve('it awaits for ever at its top level: connect in connect(), not while the module is loaded');
      return resolve(troubleIn(stderr) ?? `it ended the process while it was loaded (exit code ${child.exitCode})`);
    });
  });
}

/** What Node printed about an error that nobody caught, in one line. */
function troubleIn(printed: string): string | undefined {
  const [, code = '', message] = /^(?:\w*Error)(?: \[(\w+)\])?: (.*)$/m.exec(printed) ?? [];
  if (message === undefined) return undefined;
  const missing = missingIn(message);
  if (missing !== undefined) return missing;
  const [, file, line] = /^((?:file:\/\/)?\/.+):(\d+)$/m.exec(printed) ?? [];
  const place = file === undefined ? '' : ` (${nearPath(file)}:${line})`;
  const source = file === undefined ? '' : lineOf(file, Number(line));
  return `${/^\w*Error/m.exec(printed)?.[0]}: ${message}${place}${remedyFor(code, message, source)}`;
}

function remedyFor(code: string, message: string, source: string): string {
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || source.trimStart().startsWith('@'))
    return ': types are stripped, not compiled, so enums, parameter properties, namespaces with code and decorators cannot be; write it without, or compile it and name the JavaScript';
  if (/outside a module|Unexpected token 'export'/.test(message))
    return ': the folder is of CommonJS; name the file .mts or .mjs, or put "type": "module" into its package.json';
  return '';
}

/** What an import leads to that is not there. */
function missingIn(message: string): string | undefined {
  const [, wanted = '', importer = ''] =
    /^Cannot find (?:package|module) '(.+)' imported from (.+)$/.exec(message) ?? [];
  if (!importer.startsWith('/') && !importer.startsWith('file:')) return undefined;
  const place = placeOf(importer, wanted);
  if (!wanted.startsWith('/')) {
    const install = wanted === 'holdfast' ? 'npm install -D holdfast' : `npm install ${wanted}`;
    return `the package "${wanted}" is not installed where ${place} imports it: ${install}`;
  }
  const ending = ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.js'].find((one) => existsSync(wanted + one));
  return `${place} imports ${nearPath(wanted)}, which is not there${
    ending === undefined ? '' : `: write the import with its ending, ${wanted.split('/').at(-1)}${ending}`
  }`;
}

/** `lock.ts:2`: the line that imports it. */
function placeOf(importer: string, wanted: string): string {
  const name = wanted.split('/').at(-1) ?? wanted;
  const line = linesOf(importer).findIndex((text) => /\b(?:import|from|require)\b/.test(text) && text.includes(name));
  return `${nearPath(importer)}${line < 0 ? '' : `:${line + 1}`}`;
}

const pathOf = (file: string): string => (file.startsWith('file:') ? fileURLToPath(file) : file);
const linesOf = (file: string): string[] =>
  existsSync(pathOf(file)) ? readFileSync(pathOf(file), 'utf8').split('\n') : [];
const lineOf = (file: string, line: number): string => linesOf(file)[line - 1] ?? '';

/** From the current folder, where that is shorter. */
function nearPath(file: string): string {
  const path = pathOf(file);
  const near = relative(process.cwd(), path);
  return near.length < path.length && !near.startsWith('..') ? near : path;
}

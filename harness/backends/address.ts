/** Addresses as users write them, and keeping what is secret in them out of everything that is shown. */
import { BACKENDS, type Endpoint } from 'holdfast-locks';
import { UsageError } from '../base/errors.ts';

/** In words: an example with a user and a password would be taken for secret, and masked. */
const FORM = 'expected host:port, or a URL of scheme, host and port, if need be with user and password';

/** @throws UsageError for anything but `host:port` or `scheme://[user[:password]@]host:port`. */
export function parseAddress(address: string): Endpoint {
  const endpoint = endpointOf(address);
  if (typeof endpoint === 'string') throw new UsageError(`"${redactAddress(address)}" is no address: ${endpoint}`);
  return endpoint;
}

/**
 * For what is no address, what is wrong with it. It shows no part, for any may be one of a password. A path or a query is not
 * ignored: it would have been meant to do something.
 */
export function endpointOf(address: string): Endpoint | string {
  const url = URL.parse(address.includes('://') ? address : `tcp://${address}`);
  if (url === null || url.hostname === '') return FORM;
  const faults = [
    ...(/^\d+$/.test(url.port) && Number(url.port) > 0 ? [] : ['it has no port']),
    ...(['', '/'].includes(url.pathname)
      ? []
      : ['it has a path, which no lock reads: name a database by an option of the lock']),
    ...(url.search === '' && url.hash === '' ? [] : ['it has a query, which no lock reads']),
  ];
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === undefined || password === undefined) faults.push('its user or password is not percent-encoded');
  if (faults.length > 0 || username === undefined || password === undefined) return `${faults.join(', ')}; ${FORM}`;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(url.protocol === 'rediss:' ? { tls: true } : {}),
  };
}

/** `host:port` without anything secret. */
export function hostAndPort({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/**
 * `text` with the credentials of every address in it replaced by `***`: in each word all between the scheme, if there is
 * one, and the last `@`, for passwords may contain anything. Addresses whose credentials contain spaces must be redacted
 * alone, by `redactAddress`. What begins with `npm:`, `pypi:` and their like is a package, whose name and version may have an `@`.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/((?<!\bfile:\/?)\/\/)\S+@/g, '$1***@')
    .replaceAll(/(^|[\s=,"'])(?!(?:npm|pypi|golang|maven|cargo):)([^\s/@=,:"']+:(?!\/\/)\S+)@/g, '$1***@');
}

/** The same for one address, or several with commas between, as users give them: `redis=redis://me:secret@host:6379`. */
export function redactAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 1) return address;
  const [kept = ''] = START.exec(address.slice(0, at)) ?? [];
  return `${kept}***${address.slice(at)}`;
}

const START = new RegExp(`^(?:(?:${BACKENDS.join('|')})=)?(?:[a-z][a-z0-9+.-]*://)?`, 'i');

/** Addresses as users write them, and keeping what is secret in them out of everything that is shown. */
import { BACKENDS, type Endpoint } from '../../implementations/lock.ts';
import { UsageError } from '../errors.ts';

/** @throws UsageError for anything but `host:port` or `scheme://[user[:password]@]host:port`. */
export function parseAddress(address: string): Endpoint {
  const url = URL.canParse(address) && address.includes('://') ? new URL(address) : tryUrl(`redis://${address}`);
  const port = Number(url?.port);
  if (url === undefined || url.hostname === '' || !Number.isInteger(port) || port < 1) {
    throw new UsageError(
      `"${redactAddress(address)}" is no address: expected host:port or redis://user:password@host:port`,
    );
  }
  return {
    host: url.hostname,
    port,
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: true } : {}),
  };
}

function tryUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * `text` with the credentials of every address in it replaced by `***`: in each word all between the scheme, if there is
 * one, and the last `@`, for passwords may contain anything. Addresses whose credentials contain spaces must be redacted
 * alone, by `redactAddress`.
 */
export function redact(text: string): string {
  return text
    .replaceAll(/((?<!\bfile:\/?)\/\/)\S+@/g, '$1***@')
    .replaceAll(/(^|[\s=,"'])([^\s/@=,:"']+:(?!\/\/)\S+)@/g, '$1***@');
}

/** The same for one address, or several with commas between, as users give them: `redis=redis://me:secret@host:6379`. */
export function redactAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 1) return address;
  const [kept = ''] = START.exec(address.slice(0, at)) ?? [];
  return `${kept}***${address.slice(at)}`;
}

const START = new RegExp(`^(?:(?:${BACKENDS.join('|')})=)?(?:[a-z][a-z0-9+.-]*://)?`, 'i');

/** Addresses as users write them, and keeping what is secret in them out of everything that is shown. */
import type { Endpoint } from '../../implementations/lock.ts';
import { UsageError } from '../errors.ts';

/** @throws UsageError for anything but `host:port` or `scheme://[user[:password]@]host:port`. */
export function parseAddress(address: string): Endpoint {
  const url = URL.canParse(address) && address.includes('://') ? new URL(address) : tryUrl(`redis://${address}`);
  const port = Number(url?.port);
  if (url === undefined || url.hostname === '' || !Number.isInteger(port) || port < 1) {
    throw new UsageError(`"${redact(address)}" is no address: expected host:port or redis://user:password@host:port`);
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

/** `text` with the credentials of every address in it replaced by `***`. */
export function redact(text: string): string {
  return text.replaceAll(/(\/\/)[^\s/@]+@/g, '$1***@').replaceAll(/(^|[\s=,])([^\s/@=,:]+:[^\s/@=,]+)@/g, '$1***@');
}

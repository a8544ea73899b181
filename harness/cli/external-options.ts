/** `--endpoint`, `--toxiproxy` and `--allow-destructive` over what the configuration file says of external servers. */
import { BACKENDS } from '../../implementations/lock.ts';
import { parseAddress, redactAddress } from '../backends/address.ts';
import { externalSchema, type ExternalConfig } from '../backends/external.ts';
import { UsageError } from '../errors.ts';
import { hint } from './names.ts';

export interface ExternalOptions {
  readonly endpoint?: readonly string[];
  readonly toxiproxy?: string;
  readonly allowDestructive?: boolean;
}

/** @throws UsageError */
export function externalFrom(options: ExternalOptions, configured: ExternalConfig | undefined): ExternalConfig {
  const base = configured ?? externalSchema.parse({});
  const servers: ExternalConfig['servers'] = { ...base.servers };
  for (const endpoint of options.endpoint ?? []) {
    const [name = '', addresses = ''] = splitOnce(endpoint, '=');
    const backend = BACKENDS.find((one) => one === name);
    if (backend === undefined)
      throw new UsageError(`--endpoint: "${redactAddress(name)}" is no backend${hint(name, BACKENDS)}`);
    servers[backend] = addresses.split(',').map((address) => {
      parseAddress(address);
      return { address };
    });
  }
  return {
    servers,
    ...(options.toxiproxy === undefined
      ? { toxiproxy: base.toxiproxy }
      : { toxiproxy: parseToxiproxy(options.toxiproxy) }),
    allowDestructive: options.allowDestructive ?? base.allowDestructive,
  };
}

function parseToxiproxy(value: string): NonNullable<ExternalConfig['toxiproxy']> {
  const [, api, first, last] = /^([^,]+),(\d+)-(\d+)$/.exec(value) ?? [];
  if (api === undefined)
    throw new UsageError(`--toxiproxy: "${redactAddress(value)}" is not of the form HOST:PORT,FIRST-LAST`);
  return { api, ports: [Number(first), Number(last)] };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

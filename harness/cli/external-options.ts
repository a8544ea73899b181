/** `--endpoint`, `--toxiproxy` and `--allow-destructive` over what the configuration file says of external servers. */
import { BACKENDS } from 'holdfast-locks';
import { parseAddress, redactAddress } from '../backends/address.ts';
import type { BackendChoice } from '../backends/choose.ts';
import { externalSchema, toxiproxySchema, type ExternalConfig } from '../backends/external-config.ts';
import { UsageError } from '../base/errors.ts';
import { hint } from '../commands/names.ts';

export interface ExternalOptions {
  readonly endpoint?: readonly string[];
  readonly toxiproxy?: string;
  readonly allowDestructive?: boolean;
}

/** @throws UsageError, also for what would be ignored: another provisioner uses no servers of the user's. */
export function externalFrom(
  options: ExternalOptions,
  configured: ExternalConfig | undefined,
  backend: BackendChoice,
): ExternalConfig {
  const [given] = [
    ...(options.endpoint === undefined ? [] : ['--endpoint']),
    ...(options.toxiproxy === undefined ? [] : ['--toxiproxy']),
    ...(options.allowDestructive === undefined ? [] : ['--allow-destructive']),
  ];
  if (given !== undefined && backend !== 'external') {
    throw new UsageError(`${given} is for servers that you run: add --backend external (it is "${backend}" now)`);
  }
  const base = configured ?? externalSchema.parse({});
  const servers: ExternalConfig['servers'] = { ...base.servers };
  for (const endpoint of options.endpoint ?? []) {
    const [name = '', addresses = ''] = splitOnce(endpoint, '=');
    const kind = BACKENDS.find((one) => one === name);
    if (kind === undefined)
      throw new UsageError(`--endpoint: "${redactAddress(name)}" is no backend${hint(name, BACKENDS)}`);
    servers[kind] = addresses.split(',').map((address) => {
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
  const parsed = toxiproxySchema.safeParse({ api, ports: [Number(first), Number(last)] });
  if (!parsed.success) {
    throw new UsageError(`--toxiproxy: "${redactAddress(value)}" is not of the form HOST:PORT,FIRST-LAST`);
  }
  return parsed.data;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

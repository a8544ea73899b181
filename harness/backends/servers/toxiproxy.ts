/** Toxiproxy: the programmable network between the workers and the servers. */
import { z } from 'zod';
import type { Endpoint } from 'holdfast-locks';
import { hostAndPort } from '../address.ts';
import type { ServerDefinition } from './server.ts';

export const toxiproxy: ServerDefinition = {
  name: 'toxiproxy',
  image: 'ghcr.io/shopify/toxiproxy:2.12.0',
  containerPort: 8474,
  containerReady: /Starting Toxiproxy HTTP server/i,
  native: {
    command: 'toxiproxy',
    source: {
      kind: 'go',
      module: 'toxiproxy',
      main: 'github.com/Shopify/toxiproxy/v2/cmd/server',
      version: '2.12.0',
    },
  },
  settings: {},
  args: ({ host, port }) => ['-host', host, '-port', String(port)],
  probe: async (endpoint, timeoutMs) => {
    const response = await fetch(`${apiOf(endpoint)}/version`, { signal: AbortSignal.timeout(timeoutMs) });
    const body = await response.text();
    return /"version":\s*"([^"]+)"/.exec(body)?.[1] ?? body.trim();
  },
};

export const apiOf = (endpoint: Endpoint): string => `http://${hostAndPort(endpoint)}`;

const ANSWER_WITHIN_MS = 5000;
const proxySchema = z.object({ name: z.string(), listen: z.string() });

/** Every proxy that there is, whoever made it. */
export async function proxiesOf(endpoint: Endpoint): Promise<z.infer<typeof proxySchema>[]> {
  const response = await fetch(`${apiOf(endpoint)}/proxies`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  return Object.values(z.record(z.string(), proxySchema).parse(await response.json()));
}

/** Closes its connections, and drops what it holds back; one that is gone already is none to remove. */
export async function removeProxy(endpoint: Endpoint, name: string): Promise<void> {
  await fetch(`${apiOf(endpoint)}/proxies/${encodeURIComponent(name)}`, {
    method: 'DELETE',
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
}

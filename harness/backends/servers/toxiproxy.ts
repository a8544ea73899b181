/** Toxiproxy: the programmable network between the workers and the servers. */
import type { Endpoint } from '../../../implementations/lock.ts';
import type { ServerDefinition } from './server.ts';

export const toxiproxy: ServerDefinition = {
  name: 'toxiproxy',
  image: 'ghcr.io/shopify/toxiproxy:2.12.0',
  containerPort: 8474,
  containerCommand: 'toxiproxy',
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

export const apiOf = (endpoint: Endpoint): string => `http://${endpoint.host}:${endpoint.port}`;

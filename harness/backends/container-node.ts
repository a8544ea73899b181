/** One server in a container: killed, started again, paused and continued through the engine. */
import { getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';
import type { Endpoint } from 'holdfast-locks';
import { InfrastructureError } from '../base/errors.ts';
import { untilAnswering, type ServerNode } from './deployment.ts';
import type { ServerDefinition } from './servers/server.ts';

/** Where servers keep their data inside their container. */
export const DATA_FOLDER = '/data';
export const NO_CLOCK = 'the wall clock of a container cannot be moved apart from the machine’s';

/** Laid into a stopped container, it makes the next start remove the data first. */
const START_EMPTY = '/holdfast-start-empty';
const RESTART_WITHIN_MS = 30_000;

export interface ContainerParts {
  readonly server: ServerDefinition;
  readonly container: StartedTestContainer;
  readonly endpoint: Endpoint;
  readonly upstream: string;
}

/** Data can be removed only by a process inside, and only before the server reads it: so that is part of every start. */
export function entrypointOf(server: ServerDefinition): string[] | undefined {
  if (server.containerCommand === undefined) return undefined;
  const script = `if [ -e ${START_EMPTY} ]; then rm -rf ${DATA_FOLDER}/* ${START_EMPTY}; fi; exec "$@"`;
  return ['sh', '-c', script, 'sh', server.containerCommand];
}

type EngineClient = Awaited<ReturnType<typeof getContainerRuntimeClient>>;
type EngineContainer = ReturnType<EngineClient['container']['getById']>;

export class ContainerNode implements ServerNode {
  readonly index: number;
  readonly endpoint: Endpoint;
  readonly upstream: string;
  readonly #server: ServerDefinition;
  readonly #container: StartedTestContainer;
  readonly #signal: AbortSignal;

  constructor(index: number, parts: ContainerParts, signal: AbortSignal) {
    this.index = index;
    this.endpoint = parts.endpoint;
    this.upstream = parts.upstream;
    this.#server = parts.server;
    this.#container = parts.container;
    this.#signal = signal;
  }

  /** Two faults may meet on one server: what is down already stays down. */
  async crash(): Promise<void> {
    const container = await this.#docker();
    if (!(await container.inspect()).State.Running) return;
    await container.kill({ signal: 'SIGKILL' });
    await container.wait();
  }

  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    await this.crash();
    if (!keepData) await this.#container.copyContentToContainer([{ content: 'yes', target: START_EMPTY }]);
    await (await this.#docker()).start();
    await untilAnswering(this.#server, this.endpoint, { withinMs: RESTART_WITHIN_MS, signal: this.#signal });
  }

  /** One that another fault has killed cannot be paused. */
  async pause(): Promise<void> {
    const container = await this.#docker();
    const { Running, Paused } = (await container.inspect()).State;
    if (Running && !Paused) await container.pause();
  }

  /** One that was killed and started again meanwhile is not paused any more. */
  async resume(): Promise<void> {
    const container = await this.#docker();
    if ((await container.inspect()).State.Paused) await container.unpause();
  }

  async setClock(): Promise<void> {
    throw new InfrastructureError(NO_CLOCK);
  }

  async #docker(): Promise<EngineContainer> {
    return (await getContainerRuntimeClient()).container.getById(this.#container.getId());
  }
}

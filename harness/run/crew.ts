/** The processes of one lock under test, started and connected: workers, their links to the servers, the resource. */
import type { LockModule } from 'holdfast-locks';
import { allSettled } from '../base/all-settled.ts';
import { rotated } from '../base/rotated.ts';
import type { Deployment } from '../backends/deployment.ts';
import { makeLinks, type Links } from '../backends/links.ts';
import type { Session } from '../backends/session.ts';
import type { FromWorker } from '../subject/messages.ts';
import { ResourceHandle } from './resource-handle.ts';
import { WorkerHandle } from './worker-handle.ts';

export interface CrewRequest {
  readonly name: string;
  readonly module: LockModule;
  readonly moduleUrl: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly deployment: Deployment | undefined;
  /** Whether each worker reaches the servers by links of its own, where there are any. Default true. */
  readonly linked?: boolean;
  /** Whether there is a resource process. Default true. */
  readonly withResource?: boolean;
  /** Hears all that workers say. */
  readonly onMessage?: (message: FromWorker) => void;
}

export interface Crew {
  readonly resource: ResourceHandle | undefined;
  /** `links[worker][node]`; none where the servers are reached directly. */
  readonly links: Links;
  readonly workers: readonly WorkerHandle[];
  readonly folder: string;
  /** Ends all processes. */
  stop(): Promise<void>;
}

/** @throws InfrastructureError, UsageError; what was started is then stopped. */
export async function startCrew(session: Session, request: CrewRequest): Promise<Crew> {
  const { deployment, linked = true, withResource = true } = request;
  const folder = session.folder(request.name);
  const [resource, links] = await Promise.all([
    withResource ? ResourceHandle.start(session, folder) : undefined,
    deployment?.toxiproxy === undefined || !linked
      ? []
      : makeLinks(deployment.toxiproxy, deployment.nodes, request.workers, request.name),
  ]);
  const nodes = deployment?.nodes ?? [];
  const shared = session.folder(`${request.name}-shared`);
  const workers = Array.from({ length: request.workers }, (_, index) => {
    const connection = {
      module: request.moduleUrl,
      nodes: nodes.map(({ endpoint, upstream }, node) => ({
        announced: upstream,
        endpoint: { ...endpoint, ...links[index]?.[node]?.endpoint },
      })),
      // Clients that hold on to one server begin with different ones, so that a fault of any server meets somebody.
      entrances: rotated(deployment?.entrances ?? [], index),
      folder: shared,
      livesInFolder: request.module.backend === 'files',
      linked: links.length > 0,
      prefix: session.prefix,
      options: request.options,
      resourcePort: resource?.port,
    };
    const worker = new WorkerHandle(session, index, connection, folder);
    if (request.onMessage !== undefined) worker.listen(request.onMessage);
    return worker;
  });
  const stop = async (): Promise<void> => {
    await Promise.all([...workers.map((worker) => worker.close()), resource?.stop()]);
  };
  try {
    await allSettled(workers.map((worker) => worker.start({ movableClock: false })));
    return { resource, links, workers, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

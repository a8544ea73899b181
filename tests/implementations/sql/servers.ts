/** A database server for tests, as the native provisioner starts it. */
import type { Deployment, ServerNode } from '../../../harness/backends/deployment.ts';
import { startNative } from '../../../harness/backends/native.ts';
import { Session } from '../../../harness/backends/session.ts';
import type { Endpoint, Topology } from '../../../implementations/lock.ts';

export class DatabaseServer implements AsyncDisposable {
  readonly deployment: Deployment;
  readonly #session: Session;

  private constructor(session: Session, deployment: Deployment) {
    this.#session = session;
    this.deployment = deployment;
  }

  static async start(
    backend: 'postgres' | 'mariadb' | 'mysql',
    topology: Topology = 'single',
  ): Promise<DatabaseServer> {
    const session = await Session.open();
    try {
      const { signal } = new AbortController();
      return new DatabaseServer(session, await startNative(session, { backend, topology, proxies: 0, signal }));
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get node(): ServerNode {
    const [node] = this.deployment.nodes;
    if (node === undefined) throw new Error('a deployment without servers');
    return node;
  }

  get endpoint(): Endpoint {
    return this.node.endpoint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.deployment.stop();
    await this.#session.close();
  }
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

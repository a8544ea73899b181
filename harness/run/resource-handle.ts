/** The resource process as the harness sees it. */
import { OWN_FLAGS, ownModule } from '../base/own-module.ts';
import { startProcess, type RunningProcess } from '../backends/processes.ts';
import type { Session } from '../backends/session.ts';
import { InfrastructureError, UsageError } from '../base/errors.ts';
import { resourceMessageSchema, type ResourceBegin, type ResourceMessage } from '../resource/messages.ts';

export class ResourceHandle {
  readonly port: number;
  readonly #process: RunningProcess;
  #stopping = false;

  private constructor(process_: RunningProcess, port: number) {
    this.#process = process_;
    this.port = port;
  }

  static async start(session: Session, folder: string): Promise<ResourceHandle> {
    const process_ = await startProcess({
      name: 'resource',
      command: process.execPath,
      args: [...OWN_FLAGS, ownModule(import.meta.url, '../resource/main')],
      folder,
      environment: session.environment,
      channel: true,
    });
    const message = await nextMessage(process_);
    if (message.type !== 'ready') throw new InfrastructureError('the resource did not say that it is ready');
    return new ResourceHandle(process_, message.port);
  }

  /** From now on it is what this scenario protects, and records to `file`. @throws UsageError when that cannot be loaded */
  async begin(order: Omit<ResourceBegin, 'type'>): Promise<void> {
    const begun = nextMessage(this.#process);
    this.#process.child.send({ type: 'begin', ...order } satisfies ResourceBegin);
    await begun;
  }

  /** Calls `listener` when it ends and nobody asked it to, and when the scenario asks for what it does not have. */
  onFailure(listener: (error: Error) => void): void {
    this.#process.child.on('message', (raw) => {
      const message = resourceMessageSchema.parse(raw);
      if (message.type === 'failed') listener(new UsageError(message.message));
    });
    void this.#process.exited.then((how) => {
      if (!this.#stopping)
        listener(new InfrastructureError(`the resource ended (${how})\n${this.#process.lastWords()}`));
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#process.kill();
  }
}

/** @throws UsageError for a mistake of the scenario, InfrastructureError when the process ends */
async function nextMessage(process_: RunningProcess): Promise<ResourceMessage> {
  return new Promise((resolve, reject) => {
    process_.child.once('message', (raw) => {
      const message = resourceMessageSchema.parse(raw);
      if (message.type === 'failed') reject(new UsageError(message.message));
      else resolve(message);
    });
    void process_.exited.then((how) =>
      reject(new InfrastructureError(`the resource ended (${how})\n${process_.lastWords()}`)),
    );
  });
}

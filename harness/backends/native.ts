/** The native provisioner: servers as processes of this machine, in temp folders, on free ports of 127.0.0.1. */
import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hazard } from '../../implementations/claims.ts';
import type { Endpoint } from '../../implementations/lock.ts';
import { findBinary } from './binaries.ts';
import { layoutOf, untilAnswering, type Deployment, type ServerNode, type StartRequest } from './deployment.ts';
import { allSettled } from '../all-settled.ts';
import { fakeClockEnvironment, moveFakeClock } from './fake-clock.ts';
import { InfrastructureError } from '../errors.ts';
import { freePort } from './ports.ts';
import { startProcess, type RunningProcess } from './processes.ts';
import type { ServerDefinition } from './servers/server.ts';
import { toxiproxy } from './servers/toxiproxy.ts';
import type { Session } from './session.ts';

const HOST = '127.0.0.1';
const START_WITHIN_MS = 10_000;
/** How often another port is tried when somebody else took it between the look and the start. */
const PORT_ATTEMPTS = 3;

export async function startNative(session: Session, request: StartRequest): Promise<Deployment> {
  const layout = layoutOf(request.backend, request.topology);
  if (layout === undefined) throw new InfrastructureError(`${request.backend} has no servers to start`);
  const started: NativeServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const start = async (definition: ServerDefinition, index: number): Promise<NativeServer> => {
    const server = new NativeServer(session, definition, index, request);
    started.push(server);
    await server.start();
    return server;
  };
  try {
    const [proxy, ...nodes] = await allSettled([
      start(toxiproxy, 0),
      ...Array.from({ length: layout.nodes }, (_, index) => start(layout.server, index)),
    ]);
    return {
      provisioner: 'native',
      server: layout.server,
      topology: request.topology,
      version: nodes[0]?.version ?? 'unknown',
      settings: layout.server.settings,
      nodes,
      toxiproxy: {
        api: proxy.endpoint,
        nextListen: () => `${HOST}:0`,
        reach: (listen) => ({ host: HOST, port: Number(listen.slice(listen.lastIndexOf(':') + 1)) }),
      },
      limits: limitsOf(layout.server),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function limitsOf(server: ServerDefinition): Partial<Record<Hazard, string>> {
  const missing = server.fakeClock?.preload.find((file) => !existsSync(file));
  const reason =
    server.fakeClock === undefined
      ? `the wall clock of ${server.name} cannot be moved`
      : missing !== undefined
        ? 'libfaketime is not installed (holdfast setup adds it)'
        : undefined;
  if (reason === undefined) return {};
  return { 'clock-jump': reason, 'clock-jump-back': reason, 'clock-jump-majority': reason };
}

class NativeServer implements ServerNode {
  readonly index: number;
  readonly #definition: ServerDefinition;
  readonly #backend: string;
  readonly #signal: AbortSignal;
  readonly #folder: string;
  readonly #data: string;
  readonly #environment: Record<string, string>;
  #port = 0;
  #version = 'unknown';
  #running: RunningProcess | undefined;
  #movableClock = false;

  constructor(session: Session, definition: ServerDefinition, index: number, { backend, signal }: StartRequest) {
    this.index = index;
    this.#definition = definition;
    this.#backend = backend;
    this.#signal = signal;
    const name = `${definition.name}-${index}-${Math.random().toString(36).slice(2, 8)}`;
    this.#folder = session.folder(name);
    this.#data = join(this.#folder, 'data');
    this.#environment = session.environment;
  }

  get endpoint(): Endpoint {
    return { host: HOST, port: this.#port };
  }

  get upstream(): string {
    return `${HOST}:${this.#port}`;
  }

  get version(): string {
    return this.#version;
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#port = await freePort(HOST);
      try {
        return await this.#launch();
      } catch (error) {
        const taken = /in use/i.test(this.#running?.lastWords() ?? '');
        await this.stop();
        if (!taken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  async #launch(): Promise<void> {
    this.#signal.throwIfAborted();
    const command = findBinary(this.#definition);
    if (command === undefined) {
      const { native } = this.#definition;
      throw new InfrastructureError(
        `${native.command} is not installed: run "npm run setup -- --backends ${this.#backend}"`,
      );
    }
    mkdirSync(this.#data, { recursive: true });
    let death: string | undefined;
    const server = await startProcess({
      name: this.#definition.name,
      command,
      args: this.#definition.args({ host: HOST, port: this.#port, folder: this.#data }),
      folder: this.#folder,
      environment: { ...this.#environment, ...this.#clockEnvironment() },
    });
    this.#running = server;
    void server.exited.then((how) => {
      death = `${how}\n${server.lastWords()}`;
    });
    this.#version = await untilAnswering(this.#definition, this.endpoint, {
      withinMs: START_WITHIN_MS,
      signal: this.#signal,
      diedWith: () => death,
    });
  }

  async stop(): Promise<void> {
    await this.#running?.kill();
  }

  crash(): Promise<void> {
    return this.stop();
  }

  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    await this.stop();
    if (!keepData) await rm(this.#data, { recursive: true, force: true });
    await this.#launch();
  }

  async pause(): Promise<void> {
    this.#running?.signal('SIGSTOP');
  }

  async resume(): Promise<void> {
    this.#running?.signal('SIGCONT');
  }

  async prepareClock(movable: boolean): Promise<void> {
    if (!movable && !this.#movableClock) return;
    this.#movableClock = movable;
    await this.setClock(0);
    await this.restart({ keepData: false });
  }

  async setClock(offsetMs: number): Promise<void> {
    moveFakeClock(this.#clockFile, offsetMs);
  }

  get #clockFile(): string {
    return join(this.#folder, 'clock');
  }

  #clockEnvironment(): Record<string, string> {
    if (!this.#movableClock) return {};
    return fakeClockEnvironment(this.#definition.fakeClock?.preload ?? [], this.#clockFile);
  }
}

/** One server as a process of this machine: started in a temp folder, killed, paused, moved in time, started again. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { chown, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Endpoint } from 'holdfast-locks';
import { callOf } from '../base/call.ts';
import { InfrastructureError } from '../base/errors.ts';
import { findBinary, findCommand } from './binaries.ts';
import { untilAnswering, type ServerNode } from './deployment.ts';
import { fakeClockEnvironment, moveFakeClock } from './fake-clock.ts';
import { descendantsOf, signalAll } from './process-tree.ts';
import { startProcess, type RunningProcess } from './processes.ts';
import type { Command, NodeContext, NodePlace, ServerDefinition } from './servers/server.ts';
import type { Session } from './session.ts';
import { usageOf, type Usage } from './usage.ts';
import { userIds } from './users.ts';

const START_WITHIN_MS = 20_000;
const INIT_WITHIN_MS = 60_000;
/** How long a server that is asked to end may take before it is killed. */
const STOP_WITHIN_MS = 3000;

export interface NativeRequest {
  readonly session: Session;
  readonly definition: ServerDefinition;
  /** As `setup --backends` names it. */
  readonly backend: string;
  readonly signal: AbortSignal;
  /** What its command line begins with. */
  readonly enter: readonly string[];
}

export class NativeServer implements ServerNode {
  readonly index: number;
  readonly #request: NativeRequest;
  readonly #definition: ServerDefinition;
  readonly #folder: string;
  readonly #nodes: () => readonly NodePlace[];
  #place: NodePlace;
  #version = 'unknown';
  #running: RunningProcess | undefined;
  #movableClock = false;
  #turn: Promise<void> = Promise.resolve();

  /** `nodes`: where all of its deployment listen, by the time it is started. */
  constructor(request: NativeRequest, place: NodePlace, nodes: () => readonly NodePlace[]) {
    this.index = place.index;
    this.#request = request;
    this.#definition = request.definition;
    this.#place = place;
    this.#nodes = nodes;
    this.#folder = request.session.folder(`${request.definition.name}-${place.index}`);
  }

  get place(): NodePlace {
    return this.#place;
  }

  get endpoint(): Endpoint {
    return { host: this.#place.host, port: this.#place.port };
  }

  get upstream(): string {
    return `${this.#place.host}:${this.#place.port}`;
  }

  get version(): string {
    return this.#version;
  }

  async start(): Promise<void> {
    this.#request.signal.throwIfAborted();
    const command = this.#binary();
    if (!existsSync(this.#data)) await this.#fill();
    let death: string | undefined;
    const server = await this.#spawn(
      this.#definition.name,
      { command, args: this.#definition.args(this.#context) },
      this.#clockEnvironment(),
    );
    this.#running = server;
    void server.exited.then((how) => {
      death = `${how}\n${server.lastWords()}`;
    });
    this.#version = await untilAnswering(this.#definition, this.endpoint, {
      withinMs: START_WITHIN_MS,
      signal: this.#request.signal,
      diedWith: () => death,
    });
  }

  /** Whether its last start failed because somebody else has its port. */
  get portTaken(): boolean {
    return /in use/i.test(this.#running?.lastWords() ?? '');
  }

  /** From its next start on. */
  move(place: NodePlace): void {
    this.#place = place;
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  async #stop(): Promise<void> {
    const { stopSignal } = this.#definition;
    const server = this.#running;
    if (server !== undefined && stopSignal !== undefined && server.signal(stopSignal)) {
      server.signal('SIGCONT');
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), STOP_WITHIN_MS);
      await Promise.race([server.exited, new Promise((resolve) => late.signal.addEventListener('abort', resolve))]);
      clearTimeout(timer);
    }
    await this.#crash();
  }

  crash(): Promise<void> {
    return this.#inTurn(() => this.#crash());
  }

  async #crash(): Promise<void> {
    const server = this.#running;
    // Stopped first: a process that stands still starts no more children.
    if (server?.signal('SIGSTOP') !== true) return;
    const children = descendantsOf(server.pid);
    await server.kill();
    signalAll(children, 'SIGKILL');
    await this.#definition.afterKill?.(this.#data);
  }

  restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      await this.#crash();
      if (!keepData) await rm(this.#data, { recursive: true, force: true });
      await this.start();
    });
  }

  /** Two faults may meet on one server: neither starts it while the other does, nor kills it before it has answered. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async pause(): Promise<void> {
    const server = this.#running;
    if (server?.signal('SIGSTOP') === true) signalAll(descendantsOf(server.pid), 'SIGSTOP');
  }

  async resume(): Promise<void> {
    const server = this.#running;
    if (server === undefined) return;
    signalAll(descendantsOf(server.pid), 'SIGCONT');
    server.signal('SIGCONT');
  }

  usage(): Usage | undefined {
    return this.#running === undefined ? undefined : usageOf(this.#running.pid);
  }

  /** @returns whether it has to be started again, empty, for that. */
  prepareClock(movable: boolean): boolean {
    if (!movable && !this.#movableClock) return false;
    this.#movableClock = movable;
    moveFakeClock(this.#clockFile, 0);
    return true;
  }

  async setClock(offsetMs: number): Promise<void> {
    moveFakeClock(this.#clockFile, offsetMs);
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  get #clockFile(): string {
    return join(this.#folder, 'clock');
  }

  get #context(): NodeContext {
    return { ...this.#place, folder: this.#data, nodes: this.#nodes() };
  }

  #binary(): string {
    const command = findBinary(this.#definition);
    if (command !== undefined) return command;
    throw new InfrastructureError(
      `${this.#definition.native.command} is not installed: run "${callOf('setup', '--backends', this.#request.backend)}"`,
    );
  }

  /** The data folder as it is before the first start. */
  async #fill(): Promise<void> {
    const definition = this.#definition;
    mkdirSync(this.#data, { recursive: true });
    for (const [path, content] of Object.entries(definition.files?.(this.#context) ?? {})) {
      const file = join(this.#data, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      await this.#giveToUser(file);
    }
    await this.#giveToUser(this.#data);
    const command = definition.init?.(this.#context);
    if (command === undefined) return;
    const filling = await this.#spawn(`${definition.name}-init`, command, {});
    const late = setTimeout(() => void filling.kill(), INIT_WITHIN_MS);
    const how = await filling.exited;
    clearTimeout(late);
    if (how !== 'exit code 0') {
      throw new InfrastructureError(
        `${definition.name}: "${command.command}" ended with ${how}: ${filling.lastWords()}`,
      );
    }
  }

  async #giveToUser(path: string): Promise<void> {
    const user = this.#userIds();
    if (user !== undefined) await chown(path, user.uid, user.gid);
  }

  #userIds(): { readonly uid: number; readonly gid: number } | undefined {
    return this.#definition.user === undefined ? undefined : userIds(this.#definition.user);
  }

  #spawn(name: string, { command, args }: Command, environment: Record<string, string>): Promise<RunningProcess> {
    const user = this.#userIds();
    const asUser =
      user === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
    // Set by the last link of the chain: what is preloaded is meant for the server alone.
    const set = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const found = command.includes('/') ? command : (findCommand(command) ?? command);
    const [program = found, ...rest] = [
      ...this.#request.enter,
      ...asUser,
      ...(set.length === 0 ? [] : ['env', ...set]),
      ...[found, ...args],
    ];
    return startProcess({
      ...{ name, command: program, args: rest, folder: this.#folder },
      environment: this.#request.session.environment,
    });
  }

  #clockEnvironment(): Record<string, string> {
    if (!this.#movableClock) return {};
    return fakeClockEnvironment(this.#definition.fakeClock?.preload ?? [], this.#clockFile);
  }
}

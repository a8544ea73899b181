/** Faults of servers: signals, restarts, and clocks by libfaketime. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../plan/plan.ts';
import type { FaultKind, Field, FieldDeployment, FieldNode } from './fault.ts';

const FAILOVER_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 20;

/** SIGSTOP, then SIGCONT: commands sent meanwhile run when it continues. */
export const serverPause: FaultKind = {
  async apply(field, fault) {
    const nodes = nodesOf(field, fault);
    await Promise.all(nodes.map((node) => node.pause()));
    return {
      heal: async () => {
        await Promise.all(nodes.map((node) => node.resume()));
      },
    };
  },
};

/** SIGKILL, then a start on the same port, with the same data or with none. */
export const serverCrash = (options: { readonly keepData: boolean }): FaultKind => ({
  async apply(field, fault) {
    const nodes = nodesOf(field, fault);
    await Promise.all(nodes.map((node) => node.crash()));
    return {
      heal: async () => {
        await Promise.all(nodes.map((node) => node.restart(options)));
        if (!options.keepData) await field.deployment?.form();
      },
    };
  },
});

/** SIGKILL of the leader; in force when another leads. Then the killed one comes back. */
export const failover: FaultKind = {
  async apply(field, fault) {
    const [killed] = nodesOf(field, fault);
    const { deployment } = field;
    if (killed === undefined || deployment === undefined) throw new Error('nobody leads these servers');
    await killed.crash();
    const { promote, rejoinsEmpty } = deployment.succession;
    await promote?.(
      deployment.nodes.map((node) => node.endpoint),
      killed.index,
    );
    const next = await nextLeader(deployment, killed.index);
    return {
      bit: next !== undefined,
      heal: () => killed.restart({ keepData: rejoinsEmpty !== true }),
    };
  },
};

async function nextLeader(deployment: FieldDeployment, killed: number): Promise<number | undefined> {
  const bound = performance.now() + FAILOVER_WITHIN_MS;
  while (performance.now() < bound) {
    const leader = await deployment.leader();
    if (leader !== undefined && leader !== killed) return leader;
    await sleep(LOOK_EVERY_MS);
  }
  return undefined;
}

/** The wall clock jumps; it stays where it is, as a corrected clock does. */
export const serverClockJump: FaultKind = {
  async apply(field, fault) {
    const jumpMs = fault.jumpMs ?? 0;
    const server = field.deployment?.server;
    if (server?.clockMs === undefined) throw new Error('the clock of this server cannot be read');
    const nodes = nodesOf(field, fault);
    await Promise.all(nodes.map((node) => node.setClock(jumpMs)));
    const seen = await Promise.all(nodes.map(async (node) => server.clockMs?.(node.endpoint) ?? Infinity));
    const bit = seen.every((ms) => Math.abs(ms - Date.now() - jumpMs) < Math.abs(jumpMs) / 2);
    return { bit, heal: async () => undefined };
  },
};

function nodesOf(field: Field, fault: Fault): FieldNode[] {
  const nodes = field.deployment?.nodes ?? [];
  return fault.nodes.map((index) => nodes[index]).filter((node) => node !== undefined);
}

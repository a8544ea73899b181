/** The machine is part of the experiment: what it is, and whether it is calm enough to judge on. */
import { cpus, release, totalmem, type as osType } from 'node:os';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../report/report.ts';

const PROBES = 40;
const PROBE_MS = 5;

export async function inspectMachine(leaseMs: number): Promise<Report['machine']> {
  const lateness: number[] = [];
  for (let probe = 0; probe < PROBES; probe++) {
    const before = performance.now();
    await sleep(PROBE_MS);
    lateness.push(Math.max(0, performance.now() - before - PROBE_MS));
  }
  lateness.sort((a, b) => a - b);
  const worst = lateness[Math.floor(PROBES * 0.99)] ?? 0;
  const processors = cpus();
  return {
    os: `${distribution()} (${osType()} ${release()})`,
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.versions.node,
    timerLatenessMs: Math.round(worst * 10) / 10,
    // With timers this late, deadlines and pauses of a run blur into each other.
    tooBusyToJudge: worst > leaseMs / 6,
  };
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return process.platform;
  }
}

/** `subject test`: whether a subject keeps the protocol, played badly with on its real servers. */
import { z } from 'zod';
import { chooseReal, startDeployment } from '../backends/choose.ts';
import { layoutOf, type Deployment } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { runKit } from '../conformance/protocol-kit.ts';
import type { CaseResult } from '../conformance/suite.ts';
import { nodesOf } from '../plan/plan.ts';
import type { LockUnderTest } from '../run/request.ts';
import { inPlace, isSubjectUrl, loadSubject } from '../subject/protocol/file.ts';
import { inSession } from './in-session.ts';
import { resolveLock } from './locks.ts';
import { parseRequest, serversShape, type ServersRequest } from './request.ts';

export interface SubjectTestRequest extends ServersRequest {
  /** A subject file, or `exec+SERVER:COMMAND`. */
  readonly impl: string;
}

const shape = { ...serversShape, impl: z.string().min(1) } satisfies Record<keyof SubjectTestRequest, z.ZodType>;
const subjectTestSchema = z.strictObject(shape);
type Parsed = z.output<typeof subjectTestSchema>;

/** @returns a result for each case of the kit. @throws UsageError, InfrastructureError */
export async function testSubject(
  request: SubjectTestRequest,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
): Promise<readonly CaseResult[]> {
  const asked = parseRequest('subject test', subjectTestSchema, request);
  const lock = await resolveLock(asked.impl);
  if (!isSubjectUrl(lock.url)) throw new UsageError(`${asked.impl} is no subject: it has no process of its own`);
  return inSession(async (session) => {
    const deployment = await deploymentFor(session, lock, asked, signal);
    try {
      return await runKit(kitFor(session, lock, deployment), onResult);
    } finally {
      await deployment?.stop();
    }
  });
}

function kitFor(
  session: Session,
  { url, module }: LockUnderTest,
  deployment: Deployment | undefined,
): Parameters<typeof runKit>[0] {
  const loaded = loadSubject(url);
  const { nodes = [], entrances = [] } = deployment ?? {};
  return {
    command: { command: inPlace(loaded.file.command, loaded), folder: loaded.folder },
    recoverMs: module.recoverMs,
    context: {
      endpoints: entrances.flatMap((entrance) => nodes[entrance]?.endpoint ?? []),
      natMap: Object.fromEntries(nodes.map(({ upstream, endpoint }) => [upstream, endpoint])),
      prefix: session.prefix,
      folder: session.folder('subject'),
      options: loaded.file.options,
    },
  };
}

async function deploymentFor(
  session: Session,
  { module }: LockUnderTest,
  { backend, external }: Parsed,
  signal: AbortSignal,
): Promise<Deployment | undefined> {
  const [topology] = module.topologies;
  if (layoutOf(module.backend, topology) === undefined) return undefined;
  const choice = await chooseReal(backend, module.backend, topology);
  const proxies = nodesOf(topology);
  return startDeployment(session, choice.kind, { backend: module.backend, topology, proxies, signal }, external);
}

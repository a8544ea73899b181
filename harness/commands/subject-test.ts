/** `subject test`: whether a subject keeps the protocol, played badly with on its real servers. */
import { z } from 'zod';
import type { Deployment } from '../backends/deployment.ts';
import type { Session } from '../backends/session.ts';
import { UsageError } from '../base/errors.ts';
import { runKit } from '../conformance/protocol-kit.ts';
import type { CaseResult } from '../conformance/suite.ts';
import type { LockUnderTest } from '../run/request.ts';
import { inPlace, isSubjectUrl, loadSubject } from '../subject/protocol/file.ts';
import { inSession } from './in-session.ts';
import { resolveLock } from './locks.ts';
import { realServers } from './real-servers.ts';
import { parseRequest, serversShape, type ServersRequest } from './request.ts';

export interface SubjectTestRequest extends ServersRequest {
  /** A subject file, or `exec+SERVER:COMMAND`. */
  readonly impl: string;
}

const shape = { ...serversShape, impl: z.string().min(1) } satisfies Record<keyof SubjectTestRequest, z.ZodType>;
const subjectTestSchema = z.strictObject(shape);

/** @returns a result for each case of the kit. @throws UsageError, InfrastructureError */
export async function testSubject(
  request: SubjectTestRequest,
  signal: AbortSignal,
  onResult: (result: CaseResult) => void,
): Promise<readonly CaseResult[]> {
  const { impl, backend, external } = parseRequest('subject test', subjectTestSchema, request);
  const lock = await resolveLock(impl);
  const { module } = lock;
  if (!isSubjectUrl(lock.url)) throw new UsageError(`${impl} is no subject: it has no process of its own`);
  return inSession(async (session) => {
    const deployment = await realServers(
      session,
      { ...{ kind: module.backend, topology: module.topologies[0], backend, external }, clients: 1 },
      signal,
    );
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

/** What hazards of a shared folder have in common: each worker meets them in its own calls of the file system. */
import type { Fault } from '../plan/plan.ts';
import type { FolderFault } from '../plan/folder-fault.ts';
import { workersOf } from './client.ts';
import type { FaultEvidence } from './evidence.ts';
import type { HazardDefinition } from './hazard.ts';

export const ofFolders = {
  strikes: 'link',
  availableOn: (_topology, backend) => backend === 'files',
} as const satisfies Partial<HazardDefinition>;

/** The fault's workers find the folder like this. */
export const findFolder =
  (like: (fault: Fault) => FolderFault): HazardDefinition['apply'] =>
  async (targets, fault) => {
    const workers = workersOf(targets, fault);
    for (const worker of workers) worker.disturbFolder(like(fault));
    return {
      heal: async () => {
        for (const worker of workers) worker.disturbFolder(undefined);
      },
    };
  };

export const wasRefused = ({ files }: FaultEvidence): boolean => files.some(({ what }) => what === 'refused');
export const wasStale = ({ files }: FaultEvidence): boolean => files.some(({ what }) => what === 'stale');
export const wasLate = ({ files }: FaultEvidence): boolean => files.some(({ what }) => what === 'late');

/** The door of the checkers: a history and a model in, a verdict out. */
import { HistoryError } from '../history/errors.ts';
import type { HistoryEvent, HistoryHeader } from '../history/events.ts';
import { historyOf } from '../history/read.ts';
import { checkBelief } from './belief.ts';
import { checkLiveness } from './liveness.ts';
import { lockHistoryOf, readLockHistory, type LockHistory } from './lock-history.ts';
import { checkLock } from './lock.ts';
import { checkNotice } from './notice.ts';
import { checkResource } from './resource.ts';
import { MODELS, type Model, type Verdict } from './verdict.ts';

const LOCK_CHECKERS: Readonly<Partial<Record<Model, (history: LockHistory) => Verdict>>> = {
  lock: checkLock,
  belief: checkBelief,
  resource: checkResource,
  notice: checkNotice,
  liveness: checkLiveness,
};

export function checkEvents(header: Partial<HistoryHeader>, events: readonly HistoryEvent[], model: Model): Verdict {
  const check = LOCK_CHECKERS[model];
  if (check === undefined) throw new HistoryError(0, 'model', model);
  return check(lockHistoryOf(historyOf(events, header)));
}

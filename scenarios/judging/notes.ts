import type { Operation } from '../../harness/resource/scenario.ts';

/** An operation that changes nothing: by it a client only says what it has come to. */
export const note =
  <State, Said extends object>(): Operation<State, Said, object> =>
  (state) => ({ state, answer: {} });

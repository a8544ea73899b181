/** Linearizability by trying every order: slow and obviously correct. */
import type { SequentialModel, SequentialOperation } from '../../harness/check/sequential.ts';

export function isLinearizable<State>(
  { initial, step }: SequentialModel<State>,
  operations: readonly SequentialOperation[],
): boolean {
  const search = (state: State, left: readonly SequentialOperation[]): boolean =>
    left.every(({ returned }) => returned === Infinity) ||
    left.some((next) => {
      if (left.some((other) => other.returned < next.called)) return false;
      const after = step(state, next);
      return (
        after !== undefined &&
        search(
          after,
          left.filter((other) => other !== next),
        )
      );
    });
  return search(initial, operations);
}

/** What a mutex, a register and a key-value store do when one operation at a time happens to them. */
import { canonicalText } from '../base/json.ts';
import { isPending, type SequentialModel } from './sequential.ts';

/** Anyone may release. */
export const mutexModel: SequentialModel<boolean> = {
  initial: false,
  step: (held, { f }) => (held === (f === 'release') ? !held : undefined),
  key: String,
};

/** `null` at first. Values are any JSON, compared as values: the order of an object's fields means nothing. */
export const registerModel: SequentialModel<unknown> = {
  initial: null,
  step: (value, operation) => {
    const { f, input, output } = operation;
    if (f === 'read') return same(value, output) ? value : undefined;
    if (f === 'write') return input;
    const [from, to]: readonly unknown[] = Array.isArray(input) ? input : [];
    const swaps = same(value, from);
    if (!isPending(operation) && swaps !== output) return undefined;
    return swaps ? to : value;
  },
  key: canonicalText,
};

function same(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a) === canonicalText(b);
}

/** One key: a string, empty at first. */
export const kvModel: SequentialModel<string> = {
  initial: '',
  step: (value, { f, input, output }) => {
    if (f === 'get') return value === output ? value : undefined;
    return f === 'put' ? String(input) : value + String(input);
  },
  key: (value) => value,
};

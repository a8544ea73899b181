/** What `locks watch` tells of two looks at a key. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HolderView, KeyView } from '../../harness/commands/key-view.ts';
import { changesOf, type Look } from '../../harness/commands/watch-key.ts';

const held = (id: string, remainingMs: number, more: Partial<HolderView> = {}): KeyView => ({
  ...{ key: 'k', lock: 'redis' },
  holders: [{ id, mode: 'exclusive', remainingMs, ...more }],
});

const types = (looks: readonly Look[]): string[][] => {
  let before: Look | undefined;
  return looks.map((now) => {
    const { events, look } = changesOf(before, now);
    before = look;
    return events.map((event) => (event.type === 'renewed' ? `renewed ${event.count}` : event.type));
  });
};

void it('a holder is seen, then renews, and goes for another', () => {
  const looks = [
    { views: [held('a', 900)], atMs: 0 },
    { views: [held('a', 400)], atMs: 500 },
    { views: [held('a', 800)], atMs: 1000 },
    { views: [held('a', 900)], atMs: 1500 },
    { views: [held('b', 900)], atMs: 2000 },
    { views: [], atMs: 2500 },
    { views: [], atMs: 3000 },
  ];
  assert.deepEqual(types(looks), [['seen'], [], ['renewed 1'], ['renewed 2'], ['gone', 'held'], ['gone', 'free'], []]);
});

void it('an end that is known to the second only is no renewal where it moves by less', () => {
  const coarse = { remainingStepMs: 1000 };
  const looks = [
    { views: [held('a', 9000, coarse)], atMs: 0 },
    { views: [held('a', 9000, coarse)], atMs: 900 },
    { views: [held('a', 10_000, coarse)], atMs: 2000 },
  ];
  assert.deepEqual(types(looks), [['seen'], [], ['renewed 1']]);
});

void it('those who wait are told when their number changes', () => {
  const looks = [0, 2, 2, 0].map((waiting, index) => ({ views: [{ ...held('a', 900), waiting }], atMs: index }));
  assert.deepEqual(types(looks), [['seen'], ['waiting'], [], ['waiting']]);
});

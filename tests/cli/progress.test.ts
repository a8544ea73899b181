import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgress, type Progress, type ProgressOptions } from '../../harness/cli/progress.ts';

/** A progress display on a clock that moves only when told to; `shown` is what a terminal would show in its last line. */
function display(options: Partial<ProgressOptions> & { readonly isTTY?: boolean; readonly columns?: number } = {}) {
  const written: string[] = [];
  const ticks = new Set<() => void>();
  let nowMs = 0;
  const { isTTY = false, columns = 80, ...rest } = options;
  const progress: Progress = startProgress({
    output: { write: (text) => written.push(text), isTTY, columns },
    clock: {
      now: () => nowMs,
      every: (_ms, run) => {
        ticks.add(run);
        return () => ticks.delete(run);
      },
    },
    ...rest,
  });
  return {
    progress,
    written,
    ticks,
    pass: (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1000;
        for (const tick of ticks) tick();
      }
    },
    shown: () => written.join('').split('\u001b[K').at(-1),
  };
}

test('on a terminal one line lives, with what runs, how far it is and what it found', () => {
  const { progress, pass, shown } = display({ isTTY: true });
  progress.update({ doing: 'redis under client-pause', done: 0, total: 40 });
  assert.equal(shown(), '0/40 plans  redis under client-pause  0 s');
  pass(64);
  progress.update({ done: 12 });
  pass(1);
  assert.equal(shown(), '12/40 plans  redis under client-pause  1 min 05 s, about 3 min left');
  progress.update({ violations: 2 });
  assert.match(shown() ?? '', /✗ 2 violations$/u);
});

test('the live line never wraps, however narrow the terminal', () => {
  for (const columns of [20, 40, 80]) {
    const { progress, pass, shown } = display({ isTTY: true, columns });
    progress.update({ doing: 'a lock of a very long name under client-pause + server-crash', done: 9, total: 40 });
    pass(100);
    progress.update({ violations: 1234 });
    assert.ok((shown() ?? '').length < columns, shown());
  }
});

test('many updates are drawn no more than ten times a second', () => {
  const { progress, written } = display({ isTTY: true });
  for (let done = 0; done < 1000; done += 1) progress.update({ done, total: 1000 });
  assert.equal(written.length, 1);
});

test('a note stays above the live line, and stopping clears it', () => {
  const { progress, written, ticks, shown } = display({ isTTY: true });
  progress.update({ doing: 'redis', total: 3 });
  progress.note('exclusion violated under client-pause');
  assert.ok(written.join('').includes('\u001b[Kexclusion violated under client-pause\n'));
  progress.stop();
  assert.equal(shown(), '');
  assert.equal(ticks.size, 0, 'its timer is gone');
  progress.update({ done: 3 });
  assert.equal(shown(), '');
});

test('elsewhere there is a plain line at the start, at each violation and twice a minute', () => {
  const { progress, written, pass } = display();
  for (let done = 0; done <= 60; done += 1) {
    progress.update({ doing: 'redis under reset', done, total: 60, violations: done >= 40 ? 1 : 0 });
    pass(1);
  }
  progress.stop();
  assert.deepEqual(written, [
    '0/60 plans, redis under reset, 0 s\n',
    '29/60 plans, redis under reset, 30 s, about 40 s left\n',
    '40/60 plans, redis under reset, 40 s, about 20 s left, 1 violation\n',
  ]);
});

test('quiet prints nothing', () => {
  for (const isTTY of [true, false]) {
    const { progress, written, pass } = display({ isTTY, quiet: true });
    progress.update({ doing: 'redis', done: 1, total: 3, violations: 1 });
    progress.note('a note');
    pass(60);
    progress.stop();
    assert.deepEqual(written, []);
  }
});

test('what it is told cannot command the terminal', () => {
  const { progress, shown } = display({ isTTY: true });
  progress.update({ doing: 'red\u001b[2Jis\r\n', done: 1, total: 2 });
  assert.equal(shown(), '1/2 plans  redis   0 s');
});

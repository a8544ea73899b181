import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holders, naming, nodeAhead, pathOf } from '../../../implementations/zookeeper/nodes.ts';
import { longestLeaseMs, timeoutFor } from '../../../implementations/zookeeper/timeouts.ts';

const name = (mode: 'exclusive' | 'shared', sequence: number): string =>
  `${naming.prefix(mode, String(sequence % 10).repeat(32))}${String(sequence).padStart(10, '0')}`;

describe('the nodes of a ZooKeeper lock', () => {
  it('queue in the order of their creation, whatever their names sort like; others are not theirs', () => {
    const children = [name('shared', 12), name('exclusive', 3), 'order_-1', name('shared', 7)];
    assert.deepEqual(
      naming.queue(children).map(({ sequence }) => sequence),
      [3, 7, 12],
    );
  });

  it('wait for the one before them, readers only for writers', () => {
    const queue = naming.queue([1, 2, 3, 4, 5].map((n) => name(n === 3 ? 'exclusive' : 'shared', n)));
    const ahead = queue.map((node) => nodeAhead(queue, node)?.sequence);
    assert.deepEqual(ahead, [undefined, undefined, 2, 3, 3]);
    assert.deepEqual(
      holders(queue).map(({ sequence }) => sequence),
      [1, 2],
    );
  });

  it('lie below a path of one element for every key', () => {
    const paths = ['a', 'a/b', '../a', '.', 'a.', 'a%2Fb', 'ä 🔒'].map((key) => pathOf('test:', key));
    assert.equal(new Set(paths).size, paths.length);
    for (const path of paths) assert.match(path, /^\/test:[A-Za-z0-9%_-]+$/);
  });
});

describe('the timeout of a ZooKeeper session', () => {
  it('is two to three times the lease, in few steps', () => {
    for (const leaseMs of [10, 600, 767, 768, 1000, 10_000, 59_999]) {
      const ratio = timeoutFor(leaseMs) / leaseMs;
      assert.ok(ratio >= 2 && ratio <= 3, `${ratio} times ${leaseMs}`);
      assert.ok(longestLeaseMs(timeoutFor(leaseMs)) >= leaseMs);
    }
    assert.equal(timeoutFor(600), timeoutFor(700));
  });
});

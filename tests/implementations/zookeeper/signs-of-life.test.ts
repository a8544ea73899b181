import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SignsOfLife } from '../../../implementations/zookeeper/signs-of-life.ts';
import { knownWithinMs, longestLeaseMs, signEveryMs } from '../../../implementations/zookeeper/timeouts.ts';

const TIMEOUT_MS = 400;
const LEASE_MS = 150;

function heard(...times: readonly number[]): SignsOfLife {
  const signs = new SignsOfLife(TIMEOUT_MS);
  for (const time of times) signs.add({ heardAt: time, knownBy: time + knownWithinMs(TIMEOUT_MS) }, time);
  return signs;
}

describe('what is known of the life of a ZooKeeper session', () => {
  it('is nothing until the leader has heard of a client that had been silent', () => {
    const signs = heard(0, 400);
    assert.equal(signs.sureAt(430, LEASE_MS), 500);
    assert.equal(signs.sureAt(500, LEASE_MS), 500);
  });

  it('is enough at any moment for the longest lease of a session that gives its signs', () => {
    const every = signEveryMs(TIMEOUT_MS);
    const signs = new SignsOfLife(TIMEOUT_MS);
    for (let at = 0; at < 4000; at += 1) {
      if (at > TIMEOUT_MS) assert.equal(signs.sureAt(at, longestLeaseMs(TIMEOUT_MS)), at);
      if (at % Math.ceil(every) === 0) {
        const answeredAt = at + 20;
        signs.add({ heardAt: at, knownBy: answeredAt + knownWithinMs(TIMEOUT_MS) }, answeredAt);
      }
    }
  });

  it('is enough for a write that was sent long before its answer came', () => {
    const [rttMs, every] = [120, Math.ceil(signEveryMs(TIMEOUT_MS))];
    const signs = new SignsOfLife(TIMEOUT_MS);
    for (let now = 0; now < 4000; now += 1) {
      const sentAt = now - rttMs;
      if (sentAt % every === 0) signs.add({ heardAt: sentAt, knownBy: now + knownWithinMs(TIMEOUT_MS) }, now);
      if (sentAt > TIMEOUT_MS) assert.equal(signs.sureAt(sentAt, 100), sentAt);
    }
  });

  it('ends with the timeout, less what clocks may differ by', () => {
    const signs = heard(0);
    assert.equal(signs.sureAt(240, LEASE_MS), 240);
    assert.equal(signs.sureAt(250, LEASE_MS), undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseAddress, redact, redactAddress } from '../../harness/backends/address.ts';
import { UsageError } from '../../harness/base/errors.ts';

const SECRET = 'hunter2';

/** Credentials with a secret somewhere in them, and anything around it. */
const credentials = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> => {
  const text = fc.string({ unit, maxLength: 8 });
  return fc.oneof(
    fc.tuple(text, text, text).map(([user, before, after]) => `${user}:${before}${SECRET}${after}`),
    fc.tuple(text, text, text).map(([before, after, password]) => `${before}${SECRET}${after}:${password}`),
  );
};
const anything = fc.oneof(
  fc.constantFrom(...`:/@,= "'?#%&\\$*.-[](){}`.split('')),
  fc.string({ minLength: 1, maxLength: 1 }),
);
const noSpace = anything.filter((char) => !/\s/.test(char));
const scheme = fc.constantFrom('redis://', 'rediss://', '');
const named = fc.constantFrom('redis=', '');

void describe('no credential survives', () => {
  void test('in an address by itself, whatever it consists of', () => {
    fc.assert(
      fc.property(named, scheme, credentials(anything), (name, start, secret) => {
        // Without a scheme before it, this one would be read as a scheme.
        fc.pre(start !== '' || !/^(?:redis=)?[a-z][a-z0-9+.-]*:\/\//i.test(secret));
        fc.pre(name !== '' || !secret.startsWith('redis='));
        const shown = redactAddress(`${name}${start}${secret}@db.example:6379`);
        assert.equal(shown, `${name}${start}***@db.example:6379`);
      }),
      { numRuns: 5000 },
    );
  });

  void test('in a sentence, whatever but spaces it consists of', () => {
    fc.assert(
      fc.property(credentials(noSpace), (secret) => {
        const shown = redact(`cannot reach "redis://${secret}@db.example:6379" in time`);
        assert.ok(!shown.includes(SECRET), shown);
        assert.match(shown, /^cannot reach "redis:\/\/.*in time$/);
      }),
      { numRuns: 5000 },
    );
  });

  void test('in a list of addresses', () => {
    const list = `redis://a:${SECRET}@one:1,redis://:${SECRET}@two:2`;
    assert.ok(!redactAddress(list).includes(SECRET));
    assert.ok(!redact(`--endpoint redis=${list} --quiet`).includes(SECRET));
    assert.match(redact(`--endpoint redis=${list} --quiet`), /^--endpoint redis=redis:\/\/.* --quiet$/);
  });

  void test('in the error about an address that is none', () => {
    fc.assert(
      fc.property(scheme, credentials(anything), (start, secret) => {
        try {
          parseAddress(`${start}${secret}@db.example`);
        } catch (error) {
          assert.ok(error instanceof UsageError);
          assert.ok(!error.message.includes(SECRET), error.message);
        }
      }),
    );
  });
});

void test('what has no credentials is shown as it is', () => {
  for (const text of ['127.0.0.1:6379', 'redis://db.example:6379', './locks/mine.ts', '@scope/lock', '--lease'])
    assert.deepEqual([redactAddress(text), redact(text)], [text, text]);
  for (const text of ['npm:redlock@4.2.0', '--impl npm:redlock,npm:@scope/lock', "'npm:@scope/lock'"])
    assert.equal(redact(text), text);
  const frame = '    at run (file:///project/node_modules/@scope/lock/index.js:3:5)';
  assert.equal(redact(frame), frame);
});

void describe('an address', () => {
  void test('of a database names its path as the trouble, and its own advice survives masking', () => {
    assert.throws(
      () => parseAddress('postgresql://u:p@h/db'),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(
          error.message,
          /^"postgresql:\/\/\*\*\*@h\/db" is no address: it has no port, it has a path.*option of the lock/,
        );
        assert.equal(redact(error.message), error.message);
        assert.doesNotMatch(error.message, /redis/);
        return true;
      },
    );
  });

  void test('has host, port and, percent-decoded, whatever credentials', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 65_535 }), (username, password, port) => {
        const address = `redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@db.example:${port}`;
        assert.deepEqual(parseAddress(address), { host: 'db.example', port, username, password });
      }),
    );
    assert.deepEqual(parseAddress('db.example:6379'), { host: 'db.example', port: 6379 });
    assert.deepEqual(parseAddress('rediss://db.example:6380'), { host: 'db.example', port: 6380, tls: true });
  });

  void test('without a host, without a port or with a bad one is refused with what is expected', () => {
    for (const bad of ['', 'db.example', 'db.example:0', 'db.example:70000', ':6379', 'redis://', 'redis://db.example'])
      assert.throws(() => parseAddress(bad), { name: 'UsageError', message: /expected host:port/ }, bad);
  });
});

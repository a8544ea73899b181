import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { endOf } from '../../../implementations/etcd/messages.ts';
import { Message, Received } from '../../../implementations/etcd/protobuf.ts';

describe('messages in the format of Protocol Buffers', () => {
  it('are read as they were written', () => {
    const field = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(
        field,
        fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
        fc.string({ unit: 'grapheme' }),
        (at, number, text) => {
          const inner = new Message().integer(at, number).bytes(at + 1, text);
          const outer = new Received(new Message().message(at, inner).message(at, inner).encode());
          assert.equal(outer.messages(at).length, 2);
          assert.equal(outer.message(at).integer(at), number);
          assert.equal(outer.message(at).text(at + 1), text);
        },
      ),
    );
  });

  it('agree with the examples of the manual', () => {
    // https://protobuf.dev/programming-guides/encoding: field 1 = 150; field 2 = "testing"; field 3 = the first.
    assert.equal(new Message().integer(1, 150).encode().toString('hex'), '089601');
    assert.equal(new Message().bytes(2, 'testing').encode().toString('hex'), '120774657374696e67');
    assert.equal(new Message().message(3, new Message().integer(1, 150)).encode().toString('hex'), '1a03089601');
    assert.equal(new Message().integer(1, 0).bytes(2, '').encode().length, 0);
  });

  it('that are cut short are refused', () => {
    const whole = new Message().bytes(2, 'testing').encode();
    for (let length = 1; length < whole.length; length++)
      assert.throws(() => new Received(whole.subarray(0, length)), RangeError);
  });
});

describe('the range of a prefix', () => {
  it('ends behind everything that begins with it', () => {
    assert.equal(endOf('test:orders/'), 'test:orders0');
  });
});

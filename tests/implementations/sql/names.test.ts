import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkTable, rowName } from '../../../implementations/sql/names.ts';

describe('the name of a row', () => {
  it('is the key itself as long as it is short', () => {
    assert.equal(rowName('holdfast:orders/ä {1}'), 'holdfast:orders/ä {1}');
  });

  it('fits into 255 bytes, and is another for another key, however long and alike they are', () => {
    const key = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 1500 });
    fc.assert(
      fc.property(key, key, fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }), (one, other, same) => {
        assert.ok(Buffer.byteLength(rowName(same + one)) <= 255);
        assert.ok(rowName(same + one).isWellFormed());
        assert.equal(rowName(same + one) === rowName(same + other), one === other);
      }),
    );
  });

  it('of a long key is not the key of anybody else', () => {
    const cut = rowName('k'.repeat(1000));
    assert.notEqual(rowName(cut), cut);
  });
});

describe('a table', () => {
  it('is an identifier that needs no quotes', () => {
    assert.equal(checkTable('locks.holdfast_lock'), 'locks.holdfast_lock');
    for (const table of ['', 'Locks', 'a b', 'a;b', 'a.b.c', '"x"', 'x'.repeat(41)]) {
      assert.throws(() => checkTable(table), RangeError);
    }
  });
});

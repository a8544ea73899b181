import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistogramLogReader } from 'hdr-histogram-js';
import { logOf, percentilesOf } from '../../harness/load/hdr-files.ts';
import { decode, encode, merged, newHistogram, percentileMs, recordNs } from '../../harness/base/histogram.ts';

function histogramOf(...ms: number[]) {
  const histogram = newHistogram();
  for (const one of ms) recordNs(histogram, one * 1e6);
  return histogram;
}

test('a log is read back by the reader of HdrHistogram, interval by interval, count by count', () => {
  const intervals = [
    { atMs: 0, lengthMs: 250, acquire: histogramOf(1, 2, 3) },
    { atMs: 250, lengthMs: 250, acquire: histogramOf(4) },
    { atMs: 1000, lengthMs: 250, acquire: histogramOf(500) },
  ];
  const reader = new HistogramLogReader(logOf('a lock', new Date(0), intervals));
  for (const { atMs, lengthMs, acquire } of intervals) {
    const read = reader.nextIntervalHistogram();
    assert.ok(read !== null);
    assert.equal(read.totalCount, acquire.totalCount);
    assert.equal(read.getValueAtPercentile(50), acquire.getValueAtPercentile(50));
    assert.equal(read.startTimeStampMsec, atMs);
    assert.equal(read.endTimeStampMsec - read.startTimeStampMsec, lengthMs);
  }
  assert.equal(reader.nextIntervalHistogram(), null);
});

test('percentiles are written in milliseconds, with the count that the tools look for', () => {
  const text = percentilesOf(histogramOf(1, 2, 3, 400));
  assert.match(text, /^\s+Value\s+Percentile\s+TotalCount\s+1\/\(1-Percentile\)/);
  assert.match(text, /#\[Max\s+=\s+400\.\d+, Total count\s+=\s+4\]/);
});

test('histograms cross the border of a process and are merged without losing a count', () => {
  const parts = [histogramOf(0.0001, 1, 700_000), histogramOf(1, 20), histogramOf()];
  const whole = merged(parts.map((part) => decode(encode(part))));
  assert.equal(whole.totalCount, 5);
  assert.equal(percentileMs(whole, 50), percentileMs(histogramOf(1), 50));
  assert.equal(percentileMs(histogramOf(), 99), 0);
});

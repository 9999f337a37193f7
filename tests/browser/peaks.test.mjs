// Reading the file of peaks by byte ranges: node --test peaks.test.mjs
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Peaks } from "../../publisher/studio/static/peaks.js";

const LEVELS = [{ milliseconds: 100, offset: 0, bins: 72000 }, { milliseconds: 1, offset: 144000, bins: 7200000 }];
const DOCUMENT = { levels: LEVELS, channels: 1, duration: 7200, complete: true, spans: null };
let asked = [];
let value = 50;

beforeEach(() => {
  asked = [];
  globalThis.fetch = async (_path, { headers }) => {
    const [from, last] = headers.Range.replace("bytes=", "").split("-").map(Number);
    asked.push([from, last + 1]);
    const bytes = Int8Array.from({ length: last + 1 - from }, (_, index) => (index % 2 ? value : -value));
    return { status: 206, arrayBuffer: async () => bytes.buffer };
  };
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const draw = (peaks, start, scale, width = 1000) => {
  const drawn = [];
  peaks.columns(start, scale, width, (column, channel, low, high) => drawn.push([column, low, high]));
  return drawn;
};

test("only the bytes of what is visible are asked for", async () => {
  const peaks = new Peaks("waveform.bin", () => {});
  peaks.update(DOCUMENT);
  assert.deepEqual(draw(peaks, 3_600_000, 1), []);
  await settled();
  assert.deepEqual(asked, [878, 879].map((tile) => [144000 + tile * 8192, 144000 + (tile + 1) * 8192]));
  assert.deepEqual(draw(peaks, 3_600_000, 1)[0], [0, -50, 50]);
  assert.equal(draw(peaks, 3_600_000, 1).length, 1000);
});

test("what is not read yet is drawn from a coarser level", async () => {
  const peaks = new Peaks("waveform.bin", () => {});
  peaks.update(DOCUMENT);
  draw(peaks, 0, 100);
  await settled();
  assert.equal(draw(peaks, 5000, 1).length, 1000);
});

test("a stretch that was incomplete is read again", async () => {
  const peaks = new Peaks("waveform.bin", () => {});
  peaks.update({ ...DOCUMENT, complete: false, spans: [[0, 100]], attempt: 1 });
  draw(peaks, 0, 100);
  await settled();
  value = 90;
  peaks.update(DOCUMENT);
  draw(peaks, 0, 100);
  await settled();
  assert.deepEqual(draw(peaks, 0, 100)[999], [999, -90, 90]);
  const count = asked.length;
  draw(peaks, 0, 100);
  await settled();
  assert.equal(asked.length, count);
});

test("a stretch that is not made yet is not asked for", async () => {
  const peaks = new Peaks("waveform.bin", () => {});
  peaks.update({ ...DOCUMENT, complete: false, spans: [[0, 100]], attempt: 1 });
  draw(peaks, 3_600_000, 1);
  await settled();
  assert.deepEqual(asked, []);
});

test("the number of tiles in memory is bounded", async () => {
  const peaks = new Peaks("waveform.bin", () => {});
  peaks.update(DOCUMENT);
  for (let start = 0; start < 7_000_000; start += 8192) {
    draw(peaks, start, 1, 10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await settled();
  assert.ok(asked.length > 700);
  assert.ok(peaks.tiles.size <= 600);
});

import { deflateSync } from 'node:zlib';
import { picture, seeded } from '../../../../bench/watermark/pictures.ts';
import { assert, suite } from '../../../../test/harness.ts';
import { decodeBits, encodeBits } from './convolution.ts';
import { decodeImage, encodeImage } from './image-file.ts';
import { IMAGE_MARK, imageFalsePositiveRate, markImage, readImageMark } from './image-mark.ts';
import type { Pixels } from './luma.ts';

const test = suite('image mark', { limitMs: 120_000 });
const KEY = new Uint8Array(32).fill(5);
const OTHER = new Uint8Array(32).fill(6);
const ID = 'c0ffee012345';
const LIMITS = { maxPixels: 4_000_000, minSide: 64 };
const AS_IT_IS = { atAnyScale: false };

const original = picture('clouds', 3);
const marked = markImage(original, ID, KEY);
const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('a mark stays below what is seen, and comes back with its id', () => {
  assert.ok(marked.psnrDb >= IMAGE_MARK.leastPsnrDb);
  assert.is(readImageMark(marked.pixels, KEY, AS_IT_IS)?.markId, ID);
});

test('neither another key nor an unmarked picture gives a mark', () => {
  assert.is(readImageMark(marked.pixels, OTHER, AS_IT_IS), undefined);
  assert.is(readImageMark(original, KEY), undefined);
  assert.ok(imageFalsePositiveRate() < 1e-6);
});

test('JPEG at quality 50, a crop of a quarter, noise', () => {
  const jpeg = decodeImage(encodeImage(marked.pixels, 'image/jpeg', 50), LIMITS);
  assert.is(readImageMark(jpeg, KEY, AS_IT_IS)?.markId, ID);
  assert.is(readImageMark(cropped(marked.pixels, 101, 93, 256), KEY, AS_IT_IS)?.markId, ID);
  const random = seeded(1);
  const data = marked.pixels.data.map((value) => Math.min(255, Math.max(0, value + 20 * random() - 10)));
  assert.is(readImageMark({ ...marked.pixels, data }, KEY, AS_IT_IS)?.markId, ID);
});

test('a picture at three quarters of its size', () => {
  const found = readImageMark(scaled(marked.pixels, 0.75), KEY);
  assert.is(found?.markId, ID);
  assert.ok(Math.abs(found!.scale - 0.75) < 0.01);
});

test('PNG files go there and back bit for bit, alpha included', () => {
  const data = original.data.map((value, at) => (at % 4 === 3 ? 90 : value));
  const file = encodeImage({ ...original, data }, 'image/png');
  assert.equal(decodeImage(file, LIMITS).data, new Uint8Array(data));
});

test('a head that announces too many pixels is refused before anything is unpacked', () => {
  assert.is(
    codeOf(() => decodeImage(png(100_000, 100_000, 10), LIMITS)),
    'too_large',
  );
  assert.is(
    codeOf(() => decodeImage(encodeImage(original, 'image/png'), { ...LIMITS, maxPixels: 99 })),
    'too_large',
  );
  const jpeg = Buffer.from(encodeImage(original, 'image/jpeg'));
  jpeg.writeUInt32BE(0xffffffff, jpeg.indexOf(Buffer.from('ffc0', 'hex')) + 5);
  assert.is(
    codeOf(() => decodeImage(jpeg, LIMITS)),
    'too_large',
  );
});

test('a PNG whose data unpack to more than its head says ends there', () => {
  // 200 MB of zeros behind a head of 128 × 128.
  const before = process.memoryUsage().rss;
  assert.is(
    codeOf(() => decodeImage(png(128, 128, 200_000_000), LIMITS)),
    'invalid_argument',
  );
  assert.ok(process.memoryUsage().rss - before < 100e6, 'it was not unpacked');
});

test('second heads, interlacing, broken and foreign files are refused', () => {
  const whole = Buffer.from(encodeImage(original, 'image/png'));
  const head = whole.subarray(8, 33);
  const files = [
    Buffer.concat([whole.subarray(0, 33), head, whole.subarray(33)]),
    Buffer.from(whole).fill(1, 28, 29),
    whole.subarray(0, 2_000),
    Buffer.from(encodeImage(original, 'image/jpeg')).subarray(0, 700),
    Buffer.from('GIF89a'),
    new Uint8Array(0),
  ];
  for (const file of files)
    assert.is(
      codeOf(() => decodeImage(file, LIMITS)),
      'invalid_argument',
    );
});

test('the code corrects a tenth of its bits', () => {
  const random = seeded(4);
  for (let round = 0; round < 50; round += 1) {
    const bits = Array.from({ length: 64 }, () => (random() < 0.5 ? 0 : 1));
    const soft = encodeBits(bits).map((bit, at) => (bit === 0 ? 1 : -1) * (at % 10 === round % 10 ? -1 : 1));
    assert.equal(decodeBits(soft), bits);
  }
});

function cropped({ width, data }: Pixels, x: number, y: number, side: number): Pixels {
  const cut = new Uint8Array(side * side * 4);
  for (let row = 0; row < side; row += 1) {
    const from = ((y + row) * width + x) * 4;
    cut.set(data.subarray(from, from + side * 4), row * side * 4);
  }
  return { width: side, height: side, data: cut };
}

/** Mean of the places that a smaller pixel covers. */
function scaled({ width, height, data }: Pixels, factor: number): Pixels {
  const side = Math.round(width * factor);
  const small = new Uint8Array(side * side * 4);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      for (let channel = 0; channel < 4; channel += 1) {
        const at = (px: number, py: number): number =>
          data[(Math.min(height - 1, py) * width + Math.min(width - 1, px)) * 4 + channel]!;
        const [px, py] = [x / factor, y / factor];
        const [left, top] = [Math.floor(px), Math.floor(py)];
        const [a, b] = [px - left, py - top];
        const above = at(left, top) * (1 - a) + at(left + 1, top) * a;
        small[(y * side + x) * 4 + channel] =
          above * (1 - b) + (at(left, top + 1) * (1 - a) + at(left + 1, top + 1) * a) * b;
      }
    }
  }
  return { width: side, height: side, data: small };
}

/** A PNG of one grey channel that unpacks to `length` bytes, whatever its head says. */
function png(width: number, height: number, length: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(length))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): number {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

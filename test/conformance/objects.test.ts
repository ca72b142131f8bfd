/** Object stores on files, on s3rver, and on a server that knows versions and locks, against one suite. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { SimClock } from '../../runtime/kernel/sim/sim-clock.ts';
import { SystemClock } from '../../runtime/kernel/index.ts';
import { FileObjectStore } from '../../runtime/store/objects/file-object-store.ts';
import { S3ObjectStore } from '../../runtime/store/objects/s3-object-store.ts';
import { startLocalS3 } from '../objects/local-s3.ts';
import { advance } from '../sim-time.ts';
import { objectConformance } from './object.ts';

const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** Flips a bit in every file below a folder that satisfies `isData`. */
function damageFiles(folder: string, isData: (name: string) => boolean): void {
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    if (!isData(name)) continue;
    const bytes = readFileSync(join(folder, name));
    bytes[0]! ^= 1;
    writeFileSync(join(folder, name), bytes);
  }
}

objectConformance('files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'witan-objects-'));
  const clock = new SimClock();
  return {
    port: new FileObjectStore({ folder, clock }),
    pass: (ms) => advance(clock, ms),
    damage: async () => damageFiles(folder, (name) => name.endsWith('.bin')),
    end: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

objectConformance('s3 client, s3rver', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'witan-s3rver-'));
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'witan', configs: [] }],
  });
  const { port } = await server.run();
  const store = new S3ObjectStore({
    bucket: 'witan',
    prefix: 'below/',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: CREDENTIALS,
    clock: new SystemClock(),
  });
  return {
    port: store,
    keeps: { versions: false, locks: false },
    pass: () => Promise.reject(new Error('s3rver has the time of the machine')),
    damage: async () => damageFiles(directory, (name) => name.endsWith('_object')),
    end: async () => {
      await store.close();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});

objectConformance('s3 client, local server', async () => {
  const clock = new SimClock();
  const server = await startLocalS3(clock);
  const { endpoint } = server;
  const store = new S3ObjectStore({
    bucket: 'witan',
    prefix: 'x/',
    endpoint,
    credentials: CREDENTIALS,
    clock,
  });
  return {
    port: store,
    pass: (ms) => advance(clock, ms),
    damage: async (key) => void (server.store.rawBytes(`x/${key}`)![0]! ^= 1),
    end: async () => {
      await store.close();
      await server.close();
    },
  };
});

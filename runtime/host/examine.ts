/** Looks at a machine and a data folder and says what is wrong or limited (`witan doctor`). */
import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import type { Settings } from '../../config/schema.ts';
import { toWitanError } from '../../contracts/errors.ts';
import { PinnedKey } from '../../contracts/messages/decision-proof.ts';
import { SystemClock } from '../kernel/index.ts';
import { cryptography, keyFiles } from './examine-crypto.ts';
import { dataFolderAt } from './record/data-folder.ts';
import { logFolderIn, verifyLogFolder } from './record/read-log-folder.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly subject: string;
  readonly level: 'ok' | 'limited' | 'wrong';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Looks at everything; never throws for what it finds. Reads the whole log. */
export async function examineInstallation({
  settings,
  dataDir,
}: {
  settings: Settings;
  dataDir: string;
}): Promise<Finding[]> {
  const running = await runningUrl(dataDir);
  return [
    nodeVersion(),
    clock(),
    cores(),
    ...(await folder(dataDir)),
    await log(dataDir),
    await port(settings, running),
    ...(await natsServer(settings)),
    ...(await cryptography(settings)),
    keyFiles(dataDir),
    ...limits(settings),
    ...watching(settings),
  ];
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  const subject = 'node.js';
  if (isNew) return { subject, level: 'ok', detail: process.versions.node };
  return { subject, level: 'wrong', detail: process.versions.node, advice: 'install Node 20.19 or newer' };
}

function clock(): Finding {
  const year = new Date(new SystemClock().wallMs()).getUTCFullYear();
  const subject = 'clock';
  if (year >= 2025 && year < 2100)
    return { subject, level: 'ok', detail: 'plausible; order comes from the log, never from it' };
  return {
    subject,
    level: 'wrong',
    detail: `the year is ${year}`,
    advice: 'set the clock: dates in records come from it',
  };
}

function cores(): Finding {
  const count = availableParallelism();
  return {
    subject: 'processor',
    level: count > 1 ? 'ok' : 'limited',
    detail: `${count} core${count > 1 ? 's' : ''}`,
  };
}

async function folder(dataDir: string): Promise<Finding[]> {
  const subject = 'data folder';
  try {
    await access(dataDir, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [{ subject, level: 'ok', detail: `${dataDir} is made at the first start` }];
    return [
      {
        subject,
        level: 'wrong',
        detail: `${dataDir} is not usable: ${code}`,
        advice: 'give this user the folder, or name another',
      },
    ];
  }
  const { bavail, bsize } = await statfs(dataDir);
  const freeMiB = Math.floor((bavail * bsize) / 1_048_576);
  const space: Finding = {
    subject: 'disk',
    level: freeMiB > 512 ? 'ok' : 'limited',
    detail: `${freeMiB} MiB free`,
  };
  return [
    { subject, level: 'ok', detail: dataDir },
    freeMiB > 512 ? space : { ...space, advice: 'a full disk holds every decision' },
  ];
}

async function log(dataDir: string): Promise<Finding> {
  const subject = 'log';
  try {
    const pinned = PinnedKey.parse(JSON.parse(await readFile(dataFolderAt(dataDir).keyFile, 'utf8')));
    const { ok, size, checkpointSize, mismatch, hasTornTail } = await verifyLogFolder(dataDir, pinned);
    const detail = `${size} records, ${checkpointSize} under the signed head`;
    if (ok)
      return {
        subject,
        level: 'ok',
        detail: hasTornTail ? `${detail}; an unfinished write at its end` : detail,
      };
    const { field, expected, actual } = mismatch!;
    const where = join(logFolderIn(dataDir));
    return {
      subject,
      level: 'wrong',
      detail: `${field}: expected ${expected}, found ${actual}`,
      advice: `keep ${where} as it is and restore from a copy`,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { subject, level: 'ok', detail: 'there is none yet' };
    return { subject, level: 'wrong', detail: toWitanError(error).message };
  }
}

async function runningUrl(dataDir: string): Promise<string | undefined> {
  try {
    const { url } = JSON.parse(await readFile(dataFolderAt(dataDir).nodeFile, 'utf8')) as {
      url: string | null;
    };
    if (url === null) return undefined;
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? url : undefined;
  } catch {
    return undefined;
  }
}

async function port(settings: Settings, running: string | undefined): Promise<Finding> {
  const subject = 'HTTP';
  if (running !== undefined) return { subject, level: 'ok', detail: `a node runs at ${running}` };
  const { host, port: number } = settings.http;
  const fault = await new Promise<string | undefined>((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    probe.listen(number, host, () => probe.close(() => resolve(undefined)));
  });
  if (fault === undefined) return { subject, level: 'ok', detail: `${host}:${number} is free` };
  return {
    subject,
    level: 'wrong',
    detail: `${host}:${number}: ${fault}`,
    advice: 'stop what uses it, or set WITAN_HTTP_PORT',
  };
}

/** Whether the NATS door would open now; nothing where none is configured. */
async function natsServer({ nats, node }: Settings): Promise<Finding[]> {
  if (nats.url === '' || !node.roles.includes('gateway')) return [];
  const subject = 'NATS';
  try {
    const { connectNats } = await import('../../transport/nats/connect-nats.ts');
    const { natsConnection } = await import('./door/nats-door.ts');
    const ports = await connectNats({ ...natsConnection(nats, 'witan doctor'), connectTimeoutMs: 2_000 });
    const { version, hasJetStream } = ports.link.server;
    await ports.close();
    const detail = `server ${version}${hasJetStream ? ' with JetStream' : ''} answers`;
    if (hasJetStream || nats.eventMaxAgeMs === 0 || nats.eventTenants.length === 0)
      return [{ subject, level: 'ok', detail }];
    const advice = 'switch JetStream on, or set nats.eventMaxAgeMs to 0';
    return [{ subject, level: 'wrong', detail: `${detail}, without JetStream events are not kept`, advice }];
  } catch (error) {
    const { code, message, retryable } = toWitanError(error);
    const detail = `${code}: ${message}`;
    if (!retryable)
      return [{ subject, level: 'wrong', detail, advice: 'the node does not start with these settings' }];
    const advice = 'the node starts without this door, and opens it when the server appears';
    return [{ subject, level: 'limited', detail, advice }];
  }
}

/** Where metrics and spans go. */
function watching({ telemetry, http }: Settings): Finding[] {
  const { metrics, metricsHost, metricsPort, otlpUrl, traceSampleBp } = telemetry;
  const own = metricsPort === null ? '' : ` and http://${metricsHost}:${metricsPort}/metrics`;
  const address = `http://${http.host}:${http.port}/metrics`;
  const collector = URL.canParse(otlpUrl) ? new URL(otlpUrl).host : otlpUrl;
  return [
    { subject: 'metrics', level: 'ok', detail: metrics ? `at ${address}${own}` : 'off' },
    {
      subject: 'traces',
      level: 'ok',
      detail: otlpUrl === '' ? 'off' : `${traceSampleBp / 100} % go to ${collector}`,
    },
  ];
}

function limits({ store, identity, http }: Settings): Finding[] {
  const findings: Finding[] = [];
  if (store.natsUrl === '') {
    const advice = 'copy the data folder, or run a cluster';
    findings.push({
      subject: 'durability',
      level: 'limited',
      detail: 'one ledger node: its disk is the limit',
      advice,
    });
  }
  if (identity.apiKeys.length === 0) {
    const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(http.host);
    const detail = 'no identity is configured: only this machine is served';
    findings.push({ subject: 'identity', level: isLocal ? 'ok' : 'limited', detail });
  }
  return findings;
}

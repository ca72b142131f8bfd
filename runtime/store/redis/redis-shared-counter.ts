/** Counters in windows on a Redis server, for the nodes of a cluster. */
import { Redis } from 'ioredis';
import { WitanError } from '../../../contracts/errors.ts';
import type {
  PermitGrant,
  PermitRequest,
  SharedCounterPort,
} from '../../kernel/ports/admission/shared-counter.ts';
import type { TelemetryPort } from '../../kernel/ports/telemetry.ts';

/** What the counter is opened with. */
export interface RedisSharedCounterOptions {
  readonly url: string;
  /** Longest wait for an answer, ms: a request waits for it (default 100). */
  readonly timeoutMs?: number;
  readonly telemetry?: TelemetryPort | undefined;
}

/** A window is a hash of permits used and its own name; it goes with its time. */
const TAKE = `
local used = tonumber(redis.call('HGET', KEYS[1], 'used') or '0')
local granted = math.max(0, math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - used))
local id = redis.call('HGET', KEYS[1], 'id')
if not id then
  id = ARGV[4]
  redis.call('HSET', KEYS[1], 'id', id, 'used', 0)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
used = redis.call('HINCRBY', KEYS[1], 'used', granted)
return {granted, math.max(0, tonumber(ARGV[2]) - used), redis.call('PTTL', KEYS[1]), id}
`;

const GIVE_BACK = `
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
local used = tonumber(redis.call('HGET', KEYS[1], 'used'))
return redis.call('HSET', KEYS[1], 'used', math.max(0, used - tonumber(ARGV[2])))
`;

const DEFAULT_TIMEOUT_MS = 100;
const MAX_RETRY_MS = 2_000;

interface Scripted extends Redis {
  witanTake(...args: (string | number)[]): Promise<[number, number, number, string]>;
  witanGiveBack(...args: (string | number)[]): Promise<number>;
}

/**
 * {@link SharedCounterPort} on Redis. While the server is away every call fails at once, nothing is queued,
 * and the connection is tried again by itself.
 */
export class RedisSharedCounter implements SharedCounterPort {
  readonly #redis: Scripted;
  readonly #name: string;
  #windowCount = 0;
  #wasAway = false;

  /** @throws config_invalid for what is no address of Redis */
  constructor({ url, timeoutMs = DEFAULT_TIMEOUT_MS, telemetry }: RedisSharedCounterOptions) {
    if (!/^rediss?:\/\//.test(url)) {
      throw new WitanError('config_invalid', 'not an address of Redis', {
        path: 'store.redisUrl',
        expected: 'redis://host:port or rediss://host:port',
      });
    }
    this.#redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: timeoutMs,
      connectTimeout: 1_000,
      retryStrategy: (attempt) => Math.min(MAX_RETRY_MS, 50 * 2 ** Math.min(attempt, 6)),
    }) as Scripted;
    this.#redis.defineCommand('witanTake', { numberOfKeys: 1, lua: TAKE });
    this.#redis.defineCommand('witanGiveBack', { numberOfKeys: 1, lua: GIVE_BACK });
    // Names of windows must differ between nodes and runs: two that opened one at once would else agree.
    this.#name = crypto.randomUUID();
    this.#redis.on('error', (error: Error) => {
      if (!this.#wasAway) telemetry?.log('warn', '/system/redis', 'Redis is away', { error: error.message });
      this.#wasAway = true;
    });
    this.#redis.on('ready', () => {
      if (this.#wasAway) telemetry?.log('info', '/system/redis', 'Redis is back');
      this.#wasAway = false;
    });
  }

  async take(key: string, { count, limit, windowMs }: PermitRequest): Promise<PermitGrant> {
    this.#windowCount += 1;
    const ownId = `${this.#name}/${this.#windowCount}`;
    const answer = this.#redis.witanTake(key, count, limit, windowMs, ownId);
    const [granted, left, ttlMs, windowId] = await available(answer);
    return { granted, left, resetMs: Math.max(0, ttlMs), windowId };
  }

  async giveBack(key: string, windowId: string, count: number): Promise<void> {
    await available(this.#redis.witanGiveBack(key, windowId, count));
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }
}

async function available<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new WitanError('unavailable', 'Redis does not answer', {}, cause);
  }
}

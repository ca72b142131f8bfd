/** How a connection to NATS is made: servers, credentials by file, and bounds. */
import { readFileSync } from 'node:fs';
import { WitanError } from '../../../contracts/errors.ts';

/** Where to connect and as whom; secrets are read from files at each connect, so that they can be rotated. */
export interface NatsConnectOptions {
  /** One or more of `nats://[user:password@]host:port` or `tls://…`, separated by commas. */
  readonly url: string;
  /** Name that operators of the server see. */
  readonly name: string;
  /** File with a user's JWT and seed (`nsc generate creds`). */
  readonly credsFile?: string | undefined;
  /** File with an nkey seed (`SU…`). */
  readonly nkeyFile?: string | undefined;
  /** File with `user:password`, or a token alone, on its first line. */
  readonly passwordFile?: string | undefined;
  readonly tlsCaFile?: string | undefined;
  readonly tlsCertFile?: string | undefined;
  readonly tlsKeyFile?: string | undefined;
  /** Time that the first connect may take (default 5,000). */
  readonly connectTimeoutMs?: number;
  /** Wait between attempts to come back (default 250), with as much jitter. */
  readonly reconnectWaitMs?: number;
  /** Interval of pings that find a silent connection (default 5,000); two unanswered ones end it. */
  readonly pingIntervalMs?: number;
  /** Bytes sent that the server has not confirmed; more are refused (default 16,777,216). */
  readonly maxUnconfirmedBytes?: number;
  /** First token of subjects for answers (default `_INBOX`). */
  readonly inboxPrefix?: string;
}

/** The parts of a URL list. */
export interface ServerList {
  readonly servers: string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

/** Takes the URL apart. @throws config_invalid, without echoing it: it may hold a password */
export function parseServers(text: string): ServerList {
  const urls = text.split(',').map((part) => {
    const url = URL.canParse(part.trim()) ? new URL(part.trim()) : undefined;
    if (url && ['nats:', 'tls:'].includes(url.protocol) && url.hostname !== '') return url;
    throw new WitanError('config_invalid', 'the address of the NATS server cannot be read', {
      path: 'url',
      expected: 'nats://host:port or tls://host:port, separated by commas',
    });
  });
  const withUser = urls.find((url) => url.username !== '');
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port || '4222'}`),
    user: withUser && decodeURIComponent(withUser.username),
    password: withUser && decodeURIComponent(withUser.password),
    isTls: urls.some((url) => url.protocol === 'tls:'),
  };
}

/** Text of a file of secrets. @throws config_invalid naming the setting, not the content */
export function readSecret(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WitanError('config_invalid', `the file of ${setting} cannot be read`, { path: setting }, error);
  }
}

/** User and password, or a token, off the first line of a file. @throws config_invalid */
export function readPassword(file: string): { user: string; pass: string } | { auth_token: string } {
  const line = readSecret(file, 'passwordFile').split(/\r?\n/, 1)[0]!;
  const colon = line.indexOf(':');
  if (line === '')
    throw new WitanError('config_invalid', 'the password file is empty', { path: 'passwordFile' });
  return colon < 0 ? { auth_token: line } : { user: line.slice(0, colon), pass: line.slice(colon + 1) };
}

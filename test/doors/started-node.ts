/** A node as `npm start` starts it: a process of its own on free ports, with or without a NATS door. */
import { spawn } from 'node:child_process';
import { patientEnvironment } from '../docs/patient-environment.ts';
import { witanCommand } from './witan-command.ts';

/** A started node. */
export interface StartedNode {
  /** Addresses as it printed them. */
  readonly url: string;
  readonly grpc: string;
  readonly nats: readonly string[] | null;
  /** Interrupts it and resolves with its exit code. */
  end(): Promise<number | null>;
}

/** Starts a node in memory and resolves when it is ready. */
export async function startNode(settings: Readonly<Record<string, string>> = {}): Promise<StartedNode> {
  const args = [...witanCommand(), 'start', '--port', '0', '--memory', '--json'];
  const child = spawn(process.execPath, args, { env: patientEnvironment(settings) });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  let output = '';
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const end = output.indexOf('\n');
      if (end >= 0 && output.startsWith('{')) resolve(output.slice(0, end));
    });
    void gone.then((code) => reject(new Error(`the node left with ${code}: ${output}`)));
  });
  const { url, grpc, nats } = JSON.parse(line) as Omit<StartedNode, 'end'>;
  return {
    url,
    grpc,
    nats,
    end() {
      process.off('exit', killNow);
      child.kill('SIGINT');
      return gone;
    },
  };
}

/** Makes an API key at a node that trusts this machine; its text. */
export async function madeKey(url: string, roles: readonly string[]): Promise<string> {
  const answer = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ label: 'test', roles }),
  });
  const { key } = (await answer.json()) as { key?: string };
  if (!key) throw new Error(`no key was made: ${answer.status}`);
  return key;
}

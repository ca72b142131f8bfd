/** `docs/reference/contracts.md`: what the contracts on chain offer, from their ABI and their NatSpec. */
import { readFileSync } from 'node:fs';
import { CONTRACT_NAMES, CONTRACTS } from '../../contracts/chain/abi/index.ts';
import type { ContractName } from '../../contracts/chain/abi/index.ts';
import { NATSPEC_FILE } from '../chain/artifacts.ts';
import type { AbiEntry, AbiParameter, ContractDoc, NatSpec } from '../chain/artifacts.ts';
import { code, pageHead, table } from './markdown.ts';

type Docs = Readonly<Record<ContractName, { user: Partial<ContractDoc>; developer: Partial<ContractDoc> }>>;

/** Text of the page. */
export function contractsPage(): string {
  const docs = JSON.parse(readFileSync(NATSPEC_FILE, 'utf8')) as Docs;
  const lead =
    'Functions, events and errors of the contracts that are ours; what they take over from OpenZeppelin ' +
    '(roles, ERC-721, pause, timelock) is described there. How they work together: [chain](../chain.md).';
  const sections = CONTRACT_NAMES.map((name) => section(name, docs[name]));
  return [pageHead('Contracts on chain', 'contracts/chain/src', lead), ...sections].join('\n');
}

function section(name: ContractName, doc: Docs[ContractName]): string {
  const abi = CONTRACTS[name].abi as unknown as readonly AbiEntry[];
  const words = { ...doc.user, ...doc.developer, notice: doc.user.notice };
  const parts = [`## ${name}`, '', `**${words.title ?? name}.** ${words.notice ?? ''}`];
  if (words.details) parts.push('', words.details);
  const rowsOf = (type: string, found: (signature: string) => NatSpec): string[][] =>
    abi
      .filter((entry) => entry.type === type)
      .flatMap((entry) => {
        const spec = found(signatureOf(entry));
        return spec.notice ? [row(entry, spec)] : [];
      });
  const functions = rowsOf('function', (signature) => merged(doc, 'methods', signature));
  if (functions.length > 0) parts.push('', table(['function', 'sends', 'what it does'], functions));
  const events = rowsOf('event', (signature) => merged(doc, 'events', signature));
  if (events.length > 0) parts.push(table(['event', '', 'when'], events));
  const errors = rowsOf('error', (signature) => merged(doc, 'errors', signature));
  if (errors.length > 0) parts.push(table(['error', '', 'why'], errors));
  // NatSpec names what it refers to in braces.
  return `${parts.join('\n').trimEnd()}\n`.replaceAll(/\{(\w+)\}/g, '`$1`');
}

function merged(doc: Docs[ContractName], kind: 'methods' | 'events' | 'errors', signature: string): NatSpec {
  const one = (part: Partial<ContractDoc>): NatSpec => {
    const found = part[kind]?.[signature];
    // The compiler lists errors, because two contracts may name one alike.
    return (isList(found) ? found[0] : found) ?? {};
  };
  return { ...one(doc.developer), ...one(doc.user) };
}

function isList(found: NatSpec | readonly NatSpec[] | undefined): found is readonly NatSpec[] {
  return Array.isArray(found);
}

function row(entry: AbiEntry, spec: NatSpec): string[] {
  const named = (entry.inputs ?? []).map(({ name, type }) => `${shortType(type)} ${name}`.trim()).join(', ');
  const params = Object.entries(spec.params ?? {}).map(([name, text]) => `${code(name)}: ${text}`);
  const reads = entry.stateMutability === 'view' || entry.stateMutability === 'pure';
  const text = [spec.notice, spec.details, ...params].filter(Boolean).join('<br>');
  return [code(`${entry.name}(${named})`), entry.type === 'function' && !reads ? 'yes' : '', text];
}

function signatureOf({ name, inputs = [] }: AbiEntry): string {
  return `${name}(${inputs.map(canonicalType).join(',')})`;
}

function canonicalType({ type, components }: AbiParameter): string {
  if (!components) return type;
  return `(${components.map(canonicalType).join(',')})${type.slice('tuple'.length)}`;
}

function shortType(type: string): string {
  return type.replace('tuple', 'struct');
}

/** Where a browser goes after it signed in: a path of this node, never an address elsewhere. */
import { WitanError } from '../../../../../contracts/errors.ts';

const MAX_LENGTH = 2_000;
const HERE = 'http://here.invalid';

/**
 * The path as it may stand in a Location header; `/` where none is given.
 *
 * Parsed as a browser would: it drops tabs and line ends, and takes `\` for `/`, so that `/\t/evil.example`
 * names another host. @throws invalid_argument
 */
export function returnPath(text: string | undefined): string {
  if (text === undefined || text === '') return '/';
  const isPath = text.length <= MAX_LENGTH && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && !text.includes('\\');
  const url = isPath && URL.canParse(text, HERE) ? new URL(text, HERE) : undefined;
  if (url && url.origin === HERE && !url.pathname.startsWith('//') && !url.pathname.startsWith('/auth/')) {
    return url.pathname + url.search + url.hash;
  }
  throw new WitanError('invalid_argument', 'returnTo is no page of this node', {
    path: 'returnTo',
    expected: 'a path that begins with one /',
  });
}

/** In a page, schemas compile no code: a strict content security policy forbids it and reports the attempt. */
import { config } from 'zod';

if ('document' in globalThis) config({ jitless: true });

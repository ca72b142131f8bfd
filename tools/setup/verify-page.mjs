/** The page that checks decisions offline: its script for nodes that serve it, and all of it in one file. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './install.mjs';

/** Script of the page, bundled with nothing of Node. */
export function verifyScript() {
  // Not imported above: a build starts before packages are installed.
  const { buildSync } = createRequire(import.meta.url)('esbuild');
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, 'apps/web/verify/main.js')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

/** The page as one file that works without a server; it may load and send nothing. */
export function wholePage(script) {
  const read = (name) => readFileSync(join(ROOT, 'apps/web/live', name), 'utf8');
  const style = read('verify.css');
  // An end tag inside a string of the script would end it.
  const safe = script.replaceAll('</script', '<\\/script');
  const digest = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = `default-src 'none'; script-src ${digest(safe)}; style-src ${digest(style)}`;
  return read('verify.html')
    .replace('<link rel="stylesheet" href="verify.css" />', () => `<style>${style}</style>`)
    .replace('<script src="verify.js" defer></script>', () => `<script>${safe}</script>`)
    .replace(
      '<meta charset="utf-8" />',
      (tag) => `${tag}\n<meta http-equiv="Content-Security-Policy" content="${policy}" />`,
    );
}

/** Writes both beside the pages in `webFolder`. */
export function writeVerifyPage(webFolder) {
  const script = verifyScript();
  writeFileSync(join(webFolder, 'verify.js'), script);
  writeFileSync(join(webFolder, 'verify-offline.html'), wholePage(script));
}

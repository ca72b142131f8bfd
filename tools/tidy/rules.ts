/** What the repository's own check refuses, as data. */

/** Names that may stand at the top level of the repository. */
export const TOP_LEVEL = [
  'runtime',
  'agents',
  'supervisors',
  'council',
  'transport',
  'contracts',
  'sandbox',
  'cluster',
  'config',
  'apps',
  'test',
  'bench',
  'docs',
  'examples',
  'tools',
  '.ci',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'index.ts',
  'README.md',
  'LICENSE',
  '.gitignore',
  '.gitattributes',
  '.prettierrc.json',
  '.prettierignore',
  '.oxlintrc.json',
] as const;

/** Rooms whose files are shipped: the strictest checks hold there. */
export const SHIPPED =
  /^(runtime|agents|supervisors|council|transport|contracts|sandbox|cluster|config|apps)\/|^index\.ts$/;

/**
 * Longest file, function and line, in lines and characters; most files in a folder and parameters of a
 * function.
 */
export const LIMITS = {
  sourceLines: 500,
  testLines: 800,
  lineLength: 110,
  functionLines: 70,
  folderFiles: 15,
  parameters: 3,
} as const;

/** A pattern that must not stand in files that match `where`. */
export interface BannedPattern {
  name: string;
  pattern: RegExp;
  where: RegExp;
  /** Files that are the one right place for it. */
  except?: RegExp;
  /** Looked for in code with comments and strings blanked, or in the whole text. */
  in: 'code' | 'text';
}

const TS = /\.(ts|tsx|mjs)$/;
const CLOCKED = /^(runtime\/kernel|supervisors|council|agents|cluster|config)\/.*(?<!\.test)\.ts$/;
const TIDY = /^(tools\/tidy|test\/repo)\//;

/** Words, calls and globals that have no place here. */
export const BANNED: readonly BannedPattern[] = [
  {
    name: 'unfinished work',
    pattern:
      /\b(TODO|FIXME|XXX|HACK)\b|\b([Nn]ot implemented|[Pp]laceholder (?!=)|stubbed?)\b|in production you would/,
    where: TS,
    except: TIDY,
    in: 'text',
  },
  {
    name: 'untyped',
    pattern: /(:|<|\bas) any\b|@ts-(ignore|nocheck)|eslint-disable/,
    where: /\.tsx?$/,
    except: TIDY,
    in: 'text',
  },
  {
    name: 'focused or silenced test',
    pattern: /\btest\.only\(|assert\.ok\(true\)/,
    where: /\.test\.ts$/,
    except: TIDY,
    in: 'code',
  },
  { name: 'empty catch', pattern: /catch\s*(\([^)]*\))?\s*\{\s*\}/, where: TS, except: TIDY, in: 'text' },
  {
    name: 'time or chance not injected',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bset(Timeout|Interval)\(/,
    where: CLOCKED,
    except:
      /^runtime\/kernel\/(system-clock|nact\/(monitoring\/monitoring|persistence\/persistence-engine))\.ts$/,
    in: 'code',
  },
  {
    name: 'process-wide effect',
    pattern: /\bprocess\.(exit|on)\(|\bconsole\.|\bprocess\.stdout\b/,
    where: SHIPPED,
    except: /^apps\/cli\/|\.test\.ts$|^apps\/web\//,
    in: 'code',
  },
  {
    name: 'machine path or registry host',
    pattern: /\/work\/(main|shared)|\/root\/|registry\.npmjs|verdaccio|artifactory/,
    where: /./,
    except: TIDY,
    in: 'text',
  },
  {
    name: 'nameless file',
    pattern: /^/,
    where: /(^|\/)(utils?|helpers?|common|misc|types)\.(ts|mjs)$/,
    in: 'text',
  },
];

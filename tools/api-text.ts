/**
 * The public surface as text, one declaration a line, so that a change of it shows in review.
 *
 *     node --import tsx tools/api-text.ts            writes docs/api.txt
 *
 * It lists what each entry point of package.json exports, with types as the compiler prints them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const ENTRIES: Record<string, string> = {
  witan: 'index.ts',
  'witan/client': 'transport/client/index.ts',
  'witan/kernel': 'runtime/kernel/index.ts',
  'witan/supervisors': 'supervisors/index.ts',
  'witan/nact': 'runtime/kernel/nact/index.ts',
};

/** Text of `docs/api.txt` for the sources as they are. */
export function apiText(): string {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, ROOT);
  const files = Object.values(ENTRIES).map((file) => join(ROOT, file));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();
  return Object.entries(ENTRIES)
    .map(([entry, file]) => {
      const source = program.getSourceFile(join(ROOT, file));
      const symbol = source && checker.getSymbolAtLocation(source);
      const lines = symbol ? checker.getExportsOfModule(symbol).map((one) => describe(checker, one)) : [];
      return `# ${entry}\n${lines.sort().join('\n')}\n`;
    })
    .join('\n');
}

function describe(checker: ts.TypeChecker, exported: ts.Symbol): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.WriteArrowStyleSignature;
  if (symbol.flags & ts.SymbolFlags.Value && symbol.valueDeclaration) {
    const type = checker.getTypeOfSymbolAtLocation(symbol, symbol.valueDeclaration);
    if (symbol.flags & ts.SymbolFlags.Class) return `class ${exported.name} { ${members(checker, symbol)} }`;
    return `value ${exported.name}: ${shorten(checker.typeToString(type, undefined, flags))}`;
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const text = checker.typeToString(type, undefined, flags | ts.TypeFormatFlags.InTypeAlias);
  return symbol.flags & ts.SymbolFlags.Interface
    ? `interface ${exported.name} { ${members(checker, symbol)} }`
    : `type ${exported.name} = ${shorten(text)}`;
}

function members(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  return checker
    .getPropertiesOfType(type)
    .filter((one) => !one.name.startsWith('#') && !isPrivate(one))
    .map((one) => {
      const at = one.valueDeclaration ?? one.declarations?.[0];
      const text = at ? checker.typeToString(checker.getTypeOfSymbolAtLocation(one, at)) : '?';
      return `${one.name}${one.flags & ts.SymbolFlags.Optional ? '?' : ''}: ${shorten(text)}`;
    })
    .join('; ');
}

function isPrivate(symbol: ts.Symbol): boolean {
  const declaration = symbol.valueDeclaration;
  return !!declaration && (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;
}

function shorten(text: string): string {
  const plain = text.replace(/import\("[^"]*"\)\./g, '').replace(/\s+/g, ' ');
  return plain.length > 400 ? `${plain.slice(0, 397)}...` : plain;
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(ROOT, 'docs', 'api.txt'), apiText());

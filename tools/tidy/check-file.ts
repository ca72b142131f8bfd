/** Checks one file: pure, from its path and text to what is wrong with it. */
import ts from 'typescript';
import { BANNED, LIMITS, SHIPPED } from './rules.ts';

/** One thing to mend. `line` starts at 1. */
export interface Finding {
  path: string;
  line: number;
  what: string;
}

// Addresses, import lines, patterns and the names of tests cannot be broken.
const MAY_BE_LONG = /https?:\/\/|^import |^export .* from |\/.{60,}\/|^ *(?:test|check)(?:\.skip)?\(/;

/** All findings of one file. */
export function checkFile(path: string, text: string): Finding[] {
  const findings: Finding[] = [];
  const lines = text.split('\n');
  const add = (line: number, what: string): void => void findings.push({ path, line, what });
  const isTypeScript = /\.tsx?$/.test(path);
  const isTest = /\.test\.tsx?$|^test\//.test(path);
  const isGenerated = /(^|\/)gen\//.test(path);
  if (isTypeScript && !isGenerated) {
    const most = isTest ? LIMITS.testLines : LIMITS.sourceLines;
    if (lines.length > most) add(1, `${lines.length} lines, at most ${most}`);
    lines.forEach((line, at) => {
      if (line.length > LIMITS.lineLength && !MAY_BE_LONG.test(line)) {
        add(at + 1, `${line.length} characters, at most ${LIMITS.lineLength}`);
      }
    });
  }
  const code = isTypeScript ? blankCommentsAndStrings(text) : text;
  for (const banned of BANNED) {
    if (!banned.where.test(path) || banned.except?.test(path)) continue;
    (banned.in === 'code' ? code : text).split('\n').forEach((line, at) => {
      if (banned.pattern.test(line) && !(banned.name === 'nameless file' && at > 0)) add(at + 1, banned.name);
    });
  }
  if (isTypeScript && SHIPPED.test(path) && !isTest && !isGenerated) checkShape(path, text, add);
  return findings;
}

/** Docstrings on exports, length and parameters of functions. */
function checkShape(path: string, text: string, add: (line: number, what: string) => void): void {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, kind);
  const lineOf = (position: number): number => file.getLineAndCharacterOfPosition(position).line + 1;
  for (const statement of file.statements) {
    if (!isExported(statement) || ts.isExportDeclaration(statement) || ts.isExportAssignment(statement))
      continue;
    const summary = firstSentence(statement);
    const name = declaredName(statement);
    if (summary === undefined) add(lineOf(statement.getStart()), `export ${name} has no docstring`);
    else if (summary.length > 160)
      add(lineOf(statement.getStart()), `the first sentence about ${name} has ${summary.length} characters`);
  }
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const length = lineOf(node.end) - lineOf(node.getStart()) + 1;
      if (length > LIMITS.functionLines)
        add(lineOf(node.getStart()), `function of ${length} lines, at most ${LIMITS.functionLines}`);
      if (node.parameters.length > LIMITS.parameters + 2)
        add(lineOf(node.getStart()), `function of ${node.parameters.length} parameters`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    !!ts.getModifiers(statement)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword)
  );
}

function declaredName(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]!.name.getText();
  return (statement as unknown as { name?: ts.Identifier }).name?.text ?? '?';
}

function firstSentence(statement: ts.Statement): string | undefined {
  const comments = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
  const comment = comments.at(-1)?.comment;
  const text = typeof comment === 'string' ? comment : ts.getTextOfJSDocComment(comment);
  if (!text) return undefined;
  return text
    .split(/(?<=[.!?:;])\s|\n\n/)[0]!
    .replace(/\s+/g, ' ')
    .trim();
}

/** Same length and lines, with the inside of comments and string literals turned to spaces. */
function blankCommentsAndStrings(text: string): string {
  const pattern = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
  return text.replace(pattern, (match) => match.replace(/[^\n]/g, ' '));
}

import { join } from 'node:path';
import ts from 'typescript';
import type { Example } from './extract-examples.js';

/**
 * Compiles each example as a module of its own, strictly, against the built packages.
 *
 * @returns one line per error: page, line on the page, and what the compiler says.
 */
export function compileExamples(root: string, examples: readonly Example[]): readonly string[] {
  const byFile = new Map(examples.map((example, index) => [join(root, `.example-${index}.ts`), example]));
  const disk = ts.createCompilerHost(OPTIONS);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => byFile.has(file) || disk.fileExists(file),
    readFile: (file) => byFile.get(file)?.code ?? disk.readFile(file),
    getSourceFile: (file, languageVersion, onError) => {
      const example = byFile.get(file);
      return example
        ? ts.createSourceFile(file, example.code, languageVersion)
        : disk.getSourceFile(file, languageVersion, onError);
    },
  };
  const program = ts.createProgram([...byFile.keys()], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    const example = diagnostic.file && byFile.get(diagnostic.file.fileName);
    if (!example || !diagnostic.file) return text;
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
    return `${example.page}:${example.line + line}: ${text}`;
  });
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  noEmit: true,
};

export { brokenLinks } from './broken-links.js';
export { compileExamples } from './compile-examples.js';
export { type Example, extractExamples } from './extract-examples.js';

export { compileExamples } from './compile-examples.js';
export { type Example, extractExamples } from './extract-examples.js';

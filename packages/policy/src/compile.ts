/** Entry `./compile`: from text or values to a compiled policy. Loads zod and yaml; `decide` does not. */
export { compileBundle, type CompileResult } from './compile-bundle.ts';
export { formatProblem, type BundleProblem } from './bundle-problem.ts';
export { parseBundle, type ParseBundleOptions } from './parse-bundle.ts';

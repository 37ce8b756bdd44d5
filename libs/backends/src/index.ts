/** Starts or finds real stores for tests and benchmarks. */
export {};

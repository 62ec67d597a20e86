// A file of its own, so that it is loaded with the first question: prometheus-query brings axios, and it is CommonJS, whose names a bundled
// `import()` of the package itself would not have.
export { PrometheusDriver } from 'prometheus-query';

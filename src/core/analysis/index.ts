export type { AskContext, Asking } from './ask.ts';
export { askingOf, askProblems, windowMsOf } from './ask.ts';
export { askedText } from './asked.ts';
export type { WireAnalysisRunSpec } from './encode.ts';
export { encodeRunSpec } from './encode.ts';
export { brokenPhase, brokenRunView, evidenceOf, runView } from './evidence.ts';
export type { Judgement } from './judge.ts';
export { judge } from './judge.ts';
export type { Argument, Header, Metric, MetricProvider, PrometheusProvider, TrafficMetricsProvider, WebProvider } from './metric.ts';
export { builtinMetrics } from './metric.ts';
export type { Problem } from './problem.ts';
export { problemText } from './problem.ts';
export { substitutePromql } from './promql.ts';
export { lookBackMs } from './promql-window.ts';
export type { Answer, BuiltinMetric, HeaderValue, MetricSubject, Question, ResolvedProvider, Sample, SecretKeyRef } from './question.ts';
export { argValues, templateRefs } from './refs.ts';
export type { Remark } from './remarks.ts';
export { remarksOn } from './remarks.ts';
export type { MergedTemplates } from './resolve.ts';
export { mergeTemplates } from './resolve.ts';
export type {
  AnalysisRun,
  AnalysisRunPhase,
  AnalysisRunSpec,
  AnalysisRunStatus,
  BrokenRun,
  Measurement,
  MeasurementResult,
  MetricResult,
  RolloutOfRun,
  RunKind,
} from './run.ts';
export { analysisRunPhases, analysisRunSpecSchema, analysisRunStatusSchema, measurementResults, rolloutOfRunSchema } from './run.ts';
export type { RunIdentity } from './run-name.ts';
export { analysisRunName, identityOfName } from './run-name.ts';
export type { RunPlan, RunQuestion, RunSubject, RunWorld } from './run-planner.ts';
export { isCounted, planRun } from './run-planner.ts';
export type { ArgBinding, PredefinedArgs, PredefinedName, Scope } from './scope.ts';
export { predefinedNames, scopeOf } from './scope.ts';
export { argumentListProblems, metricProblems } from './shapes.ts';
export { substituteHeader, substituteUrl } from './substitute.ts';
export type { AnalysisTemplate, AnalysisTemplateSpec } from './template.ts';
export { analysisTemplateSpecSchema } from './template.ts';
export type { Verdict } from './verdict.ts';
export { isEnded } from './verdict.ts';

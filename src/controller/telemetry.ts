import { Counter, Gauge, Registry } from 'prom-client';
import type { RolloutStatus } from '../core/rollout.ts';
import { phases } from '../core/rollout.ts';
import { sourceKinds } from '../metrics/index.ts';
import type { Asked } from './measurer.ts';

export interface TelemetrySources {
  readonly queueLength: () => number;
  readonly isLeader: () => boolean;
  readonly isApiReachable: () => boolean;
}

/** Metrics of the controller itself. Labels are bounded: phases and failure kinds, never names of objects. */
export class Telemetry {
  readonly registry = new Registry();
  readonly #phaseOf = new Map<string, string>();
  readonly #byPhase: Gauge;
  readonly #transitions: Counter;
  readonly #failures: Counter;
  readonly #questions: Counter;

  constructor({ queueLength, isLeader, isApiReachable }: TelemetrySources) {
    const registers = [this.registry];
    this.#byPhase = new Gauge({ name: 'sluice_rollouts', help: 'Rollouts by phase.', labelNames: ['phase'], registers });
    this.#transitions = new Counter({
      name: 'sluice_phase_transitions_total',
      help: 'Phase changes, by the phase entered.',
      labelNames: ['phase'],
      registers,
    });
    this.#failures = new Counter({
      name: 'sluice_write_failures_total',
      help: 'Writes that did not go through, by kind of failure.',
      labelNames: ['kind'],
      registers,
    });
    this.#questions = new Counter({
      name: 'sluice_metric_questions_failed_total',
      help: 'Questions to a source of metrics that came to nothing, of analyses and of the confirmation of weights, by source.',
      labelNames: ['source'],
      registers,
    });
    for (const source of sourceKinds) this.#questions.inc({ source }, 0);
    this.#gauge('sluice_queue_length', 'Rollouts waiting for a reconcile.', queueLength);
    this.#gauge('sluice_leader', '1 while this process leads.', () => Number(isLeader()));
    this.#gauge('sluice_api_server_reachable', '0 while no watch can reach the API server.', () => Number(isApiReachable()));
    for (const phase of phases) this.#byPhase.set({ phase }, 0);
  }

  observed(rollout: string, { phase = 'Initializing' }: RolloutStatus): void {
    const before = this.#phaseOf.get(rollout);
    if (before === phase) return;
    if (before !== undefined) this.#byPhase.dec({ phase: before });
    this.#byPhase.inc({ phase });
    this.#transitions.inc({ phase });
    this.#phaseOf.set(rollout, phase);
  }

  forget(rollout: string): void {
    const before = this.#phaseOf.get(rollout);
    if (before === undefined) return;
    this.#byPhase.dec({ phase: before });
    this.#phaseOf.delete(rollout);
  }

  failed(kind: string): void {
    this.#failures.inc({ kind });
  }

  questionFailed(source: Asked['source']): void {
    this.#questions.inc({ source });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

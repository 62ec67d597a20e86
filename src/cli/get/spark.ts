import type { ViewedMeasurement } from '../../core/view.ts';
import { type Span, span, type Tone } from '../demo/text.ts';

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const tones: Readonly<Record<ViewedMeasurement['result'], Tone>> = {
  ...{ Pass: 'good', Fail: 'bad', Inconclusive: 'busy', NoData: 'faint', Error: 'bad', Invalid: 'bad' },
};
const signs: Readonly<Record<ViewedMeasurement['result'], readonly [unicode: string, ascii: string]>> = {
  ...{ Pass: ['•', '+'], Fail: ['✘', 'x'], Inconclusive: ['?', '?'], NoData: ['·', '.'], Error: ['!', '!'], Invalid: ['!', '!'] },
};

/** One character for each measurement, the oldest first: how high the value is among them, in the colour of what it means. */
export function sparkline(measurements: readonly ViewedMeasurement[], isUnicode: boolean): readonly Span[] {
  const numbers = measurements.map(({ value }) => (value === undefined || value === '' ? Number.NaN : Number(value)));
  const known = numbers.filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return measurements.map(({ result }, index) => {
    const value = numbers[index] ?? Number.NaN;
    const [unicode, ascii] = signs[result];
    if (!isUnicode) return span(ascii, tones[result]);
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return span(Number.isFinite(value) ? (bars[Math.round(share * (bars.length - 1))] ?? unicode) : unicode, tones[result]);
  });
}

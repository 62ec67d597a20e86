import { invalid, required } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { membersOf, textOf, withMembers } from '../values.ts';
import { builtin } from './build.ts';
import { ageOf, column, nameColumn, wide } from './cells.ts';
import type { Codec, Column, Kind } from './kind.ts';
import { closed, int, object, open, text, time } from './shapes.ts';

const microTime = { ...time, nullable: true };
const reference = open({ kind: text, namespace: text, name: text, uid: text, apiVersion: text, resourceVersion: text, fieldPath: text });
const series = closed({ count: int, lastObservedTime: microTime });
const common = {
  type: text,
  reason: text,
  action: text,
  eventTime: microTime,
  series: { ...series, nullable: true },
  related: { ...reference, nullable: true },
};

const lastSeen = (event: ApiObject): unknown =>
  membersOf(event.series).lastObservedTime ?? event.lastTimestamp ?? event.firstTimestamp ?? event.eventTime;
const target = (event: ApiObject): string => {
  const { kind, name } = membersOf(event.involvedObject);
  return textOf(name) === '' ? textOf(kind).toLowerCase() : `${textOf(kind).toLowerCase()}/${textOf(name)}`;
};

const columns: readonly Column[] = [
  column('Last Seen', (event, nowMs) => ageOf(lastSeen(event), nowMs)),
  column('Type', (event) => textOf(event.type)),
  column('Reason', (event) => textOf(event.reason)),
  column('Object', target),
  wide('Subobject', (event) => textOf(membersOf(event.involvedObject).fieldPath)),
  wide('Source', (event) => textOf(membersOf(event.source).component) || textOf(event.reportingComponent)),
  column('Message', (event) => textOf(event.message).trim()),
  wide('First Seen', (event, nowMs) => ageOf(event.firstTimestamp ?? event.eventTime, nowMs)),
  wide('Count', (event) => String(membersOf(event.series).count ?? event.count ?? 1)),
  { ...nameColumn, priority: 1 },
];

/** Events of the core group, in which all events are stored. */
export const events: Kind = builtin({
  group: '',
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  members: {
    ...common,
    involvedObject: reference,
    message: text,
    source: open({ component: text, host: text }),
    firstTimestamp: { ...time, nullable: true },
    lastTimestamp: { ...time, nullable: true },
    count: int,
    reportingComponent: text,
    reportingInstance: text,
  },
  columns,
  rules: {
    createsOnUpdate: true,
    validate({ metadata, involvedObject }) {
      const namespace = textOf(membersOf(involvedObject).namespace);
      const isElsewhere = namespace === '' ? metadata.namespace !== 'default' : namespace !== metadata.namespace;
      return isElsewhere ? [invalid('involvedObject.namespace', namespace, 'does not match event.namespace')] : [];
    },
    fields: {
      names: [
        ...['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid', 'involvedObject.apiVersion'],
        ...['involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason', 'reportingComponent', 'source', 'type'],
      ],
      of(event) {
        const about = Object.entries(membersOf(event.involvedObject)).map(([key, value]) => [`involvedObject.${key}`, textOf(value)]);
        const source = textOf(membersOf(event.source).component) || textOf(event.reportingComponent);
        const [reason, type] = [textOf(event.reason), textOf(event.type)];
        return { ...Object.fromEntries(about), reason, type, source, reportingComponent: textOf(event.reportingComponent) };
      },
    },
  },
});

/** The same events under their newer names. */
const codec: Codec = {
  toStored({
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...rest
  }) {
    return withMembers(rest as ApiObject, {
      apiVersion: 'v1',
      involvedObject: regarding ?? {},
      message: note,
      reportingComponent: reportingController,
      source: deprecatedSource ?? {},
      firstTimestamp: deprecatedFirstTimestamp,
      lastTimestamp: deprecatedLastTimestamp,
      count: deprecatedCount,
    });
  },
  fromStored({ involvedObject, message, reportingComponent, source, firstTimestamp, lastTimestamp, count, ...rest }) {
    return withMembers(rest as ApiObject, {
      apiVersion: 'events.k8s.io/v1',
      regarding: involvedObject,
      note: message,
      reportingController: reportingComponent,
      deprecatedSource: source,
      deprecatedFirstTimestamp: firstTimestamp,
      deprecatedLastTimestamp: lastTimestamp,
      deprecatedCount: count,
    });
  },
};

export const newerEvents: Kind = {
  ...events,
  group: 'events.k8s.io',
  versions: [
    {
      name: 'v1',
      served: true,
      hasStatus: false,
      codec,
      columns,
      schema: object({
        ...common,
        regarding: reference,
        note: text,
        reportingController: text,
        reportingInstance: text,
        deprecatedSource: open({ component: text, host: text }),
        deprecatedFirstTimestamp: { ...time, nullable: true },
        deprecatedLastTimestamp: { ...time, nullable: true },
        deprecatedCount: int,
      }),
    },
  ],
  rules: {
    ...events.rules,
    validate(event, old) {
      if (old !== undefined) return events.rules.validate?.(event, old) ?? [];
      const missing = (['eventTime', 'reason', 'action', 'type'] as const).filter((field) => !event[field]);
      const controller = textOf(event.reportingComponent) === '' ? [required('reportingController')] : [];
      const instance = textOf(event.reportingInstance) === '' ? [required('reportingInstance')] : [];
      const isBadType = event.type !== undefined && event.type !== 'Normal' && event.type !== 'Warning';
      return [
        ...missing.map((field) => required(field)),
        ...controller,
        ...instance,
        ...(isBadType ? [invalid('type', event.type, 'has invalid value: ')] : []),
        ...(events.rules.validate?.(event, old) ?? []),
      ];
    },
  },
};

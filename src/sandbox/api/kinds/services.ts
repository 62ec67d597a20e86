import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { listOf, type Members, membersOf, textOf, withMembers } from '../values.ts';
import { builtin } from './build.ts';
import { ageColumn, column, nameColumn, pairs, textAt, wide } from './cells.ts';
import type { Kind, PrepareContext } from './kind.ts';
import { atomicMap, closed, conditions, defaulted, flag, int, intOrText, kept, list, listBy, oneOf, open, text } from './shapes.ts';

export const services: Kind = builtin({
  group: '',
  plural: 'services',
  kind: 'Service',
  shortNames: ['svc'],
  inAll: true,
  hasStatus: true,
  members: {
    spec: open({
      ports: listBy(
        ['port', 'protocol'],
        open({
          name: text,
          protocol: defaulted(oneOf('TCP', 'UDP', 'SCTP'), 'TCP'),
          appProtocol: kept(text),
          port: kept(int),
          targetPort: intOrText,
          nodePort: int,
        }),
        'port',
      ),
      selector: atomicMap(kept(text)),
      clusterIP: text,
      clusterIPs: list(text),
      type: defaulted(text, 'ClusterIP'),
      externalIPs: list(text),
      sessionAffinity: defaulted(text, 'None'),
      externalName: text,
      publishNotReadyAddresses: flag,
      ipFamilies: list(text),
      internalTrafficPolicy: defaulted(text, 'Cluster'),
    }),
    status: defaulted(closed({ loadBalancer: open(), conditions }), { loadBalancer: {} }),
  },
  columns: [
    nameColumn,
    column('Type', textAt(['spec', 'type'], '')),
    column('Cluster-IP', textAt(['spec', 'clusterIP'])),
    column('External-IP', () => '<none>'),
    column('Port(s)', ports),
    ageColumn,
    wide('Selector', (service) => pairs(membersOf(service.spec).selector)),
  ],
  rules: {
    createsOnUpdate: true,
    returnsDeleted: true,
    complete: withTargets,
    prepare,
    validate,
    fields: {
      names: ['spec.clusterIP', 'spec.type'],
      of: ({ spec }) => ({ 'spec.clusterIP': textOf(membersOf(spec).clusterIP), 'spec.type': textOf(membersOf(spec).type) }),
    },
  },
});

function ports(service: ApiObject): string {
  const all = listOf(membersOf(service.spec).ports).map(membersOf);
  return all.map(({ port, protocol }) => `${String(port)}/${String(protocol)}`).join(',') || '<none>';
}

function prepare(service: ApiObject, old: ApiObject | undefined, { allocateIp }: PrepareContext): ApiObject {
  const spec = membersOf(service.spec);
  const before = membersOf(old?.spec);
  const type = textOf(spec.type);
  if (type === 'ExternalName') return { ...service, spec: withMembers(spec, { internalTrafficPolicy: undefined }) };
  // An update that leaves the address out keeps it.
  const clusterIP = textOf(spec.clusterIP) || textOf(before.clusterIP) || allocateIp();
  return {
    ...service,
    spec: {
      ...spec,
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: spec.ipFamilies ?? ['IPv4'],
      ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack',
    },
  };
}

function withTargets(service: ApiObject): ApiObject {
  const spec = membersOf(service.spec);
  if (!Array.isArray(spec.ports)) return service;
  return { ...service, spec: { ...spec, ports: spec.ports.map((port) => withTarget(membersOf(port))) } };
}

const withTarget = (port: Members): Members =>
  port.targetPort === undefined && port.port !== undefined ? { ...port, targetPort: port.port } : port;

function validate(service: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  const spec = membersOf(service.spec);
  const all = listOf(spec.ports).map(membersOf);
  const isHeadless = spec.clusterIP === 'None' || spec.type === 'ExternalName';
  const was = textOf(membersOf(old?.spec).clusterIP);
  const name = service.metadata.name;
  return [
    ...(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)
      ? []
      : [
          invalid(
            'metadata.name',
            name,
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
          ),
        ]),
    ...(all.length === 0 && !isHeadless ? [required('spec.ports')] : []),
    ...validatePorts(all),
    ...(was !== '' && was !== spec.clusterIP ? [invalid('spec.clusterIPs[0]', [spec.clusterIP], 'may not change once set')] : []),
    ...(spec.type === 'ExternalName' && textOf(spec.externalName) === '' ? [required('spec.externalName')] : []),
    ...(spec.type === 'ExternalName' && textOf(spec.clusterIP) !== ''
      ? [forbidden('spec.clusterIPs[0]', "may not be set when `type` is 'ExternalName'")]
      : []),
  ];
}

function validatePorts(all: readonly Members[]): readonly FieldError[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  return all.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const name = textOf(port.name);
    const number = `${String(port.port)}/${String(port.protocol)}`;
    const errors: FieldError[] = [];
    if (name === '' && all.length > 1) errors.push(required(`${at}.name`));
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (typeof port.port !== 'number' || port.port < 1 || port.port > 65_535)
      errors.push(invalid(`${at}.port`, port.port ?? 0, 'must be between 1 and 65535, inclusive'));
    if (numbers.has(number)) errors.push(duplicate(at, { protocol: port.protocol, port: port.port }));
    names.add(name);
    numbers.add(number);
    return errors;
  });
}

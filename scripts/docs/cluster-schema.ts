import { z } from 'zod';
import { defaultNode, defaultSpec } from '../../src/cluster/spec/defaults.ts';
import { CLUSTER_API_VERSION, CLUSTER_KIND } from '../../src/cluster/spec/document.ts';
import { clusterInputSchema } from '../../src/cluster/spec/input-schema.ts';
import { clusterSpecSchema } from '../../src/cluster/spec/schema.ts';

export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  propertyNames?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  [word: string]: unknown;
}

/** `spec` of a cluster file, with the defaults of each field. */
export function specSchema(): JsonSchema {
  const schema = converted(clusterInputSchema);
  const { name: _, endpoint, ...defaults } = defaultSpec();
  addDefaults(schema, { ...defaults, endpoint: { port: endpoint.port } });
  const { name: __, ...node } = defaultNode({ name: '' });
  addDefaults(schema.properties!.hosts!.items!, node);
  return schema;
}

/** A cluster file for editors: JSON Schema 2020-12. */
export function clusterSchemaText(): string {
  const texts = { type: 'object', additionalProperties: { type: 'string' } };
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `${CLUSTER_KIND} of ${CLUSTER_API_VERSION}`,
    description: 'A Kubernetes cluster as kubewright makes it: what it is to be, and its hosts.',
    type: 'object',
    properties: {
      apiVersion: { const: CLUSTER_API_VERSION },
      kind: { const: CLUSTER_KIND },
      metadata: {
        type: 'object',
        properties: {
          name: {
            ...converted(clusterSpecSchema.shape.name),
            pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$',
          },
          labels: { ...texts, description: 'Without effect.' },
          annotations: { ...texts, description: 'Without effect.' },
        },
        required: ['name'],
        additionalProperties: false,
      },
      spec: specSchema(),
      status: { description: 'Without effect.' },
    },
    required: ['apiVersion', 'kind', 'metadata'],
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function converted(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // Any text at all is what names are without it.
      const names = jsonSchema.propertyNames as JsonSchema | undefined;
      if (names && Object.keys(names).join() === 'type') delete jsonSchema.propertyNames;
    },
  });
  return rest as JsonSchema;
}

function addDefaults(schema: JsonSchema, defaults: object): void {
  for (const [name, value] of Object.entries(defaults)) {
    const field = schema.properties?.[name];
    if (!field || value === undefined) continue;
    if (field.properties && typeof value === 'object') addDefaults(field, value as object);
    else field.default = value;
  }
}

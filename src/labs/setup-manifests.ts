import { parseAllDocuments, stringify } from 'yaml';
import { isObject, type Json, type JsonObject } from '../grading/json.js';
import { interpolate } from './interpolate.js';
import type { LabFiles } from './lab-folder.js';
import type { LabSpec } from './lab-spec.js';
import { labValues, type Draw } from './params.js';
import { parseYaml } from './lab-yaml.js';

const MAX_OBJECTS = 64;

export class SetupError extends Error {
  constructor(
    readonly file: string,
    message: string,
  ) {
    super(`${file}: ${message}`);
  }
}

/** Every object of one set-up file, with the values put in: `"${x}"` alone keeps the type of x. Throws SetupError. */
export function setupObjects(file: string, text: string, values: Record<string, Json>): JsonObject[] {
  const objects = documentsOf(file, text).map((raw, i) => {
    let object: Json;
    try {
      object = interpolate(raw, values);
    } catch (error) {
      throw new SetupError(file, (error as Error).message);
    }
    if (isObject(object) && isManifest(object)) return object;
    throw new SetupError(
      file,
      `document ${i + 1} is no manifest: it needs apiVersion, kind and metadata.name`,
    );
  });
  if (objects.length === 0) throw new SetupError(file, 'holds no manifest');
  if (objects.length > MAX_OBJECTS) throw new SetupError(file, `holds more than ${MAX_OBJECTS} manifests`);
  return objects;
}

/** The manifests of `setup` as texts of YAML, one per file, in the order of the lab. Throws SetupError. */
export function setupManifests(spec: LabSpec, files: LabFiles, draw?: Draw | null): string[] {
  const values = labValues(spec, draw);
  return spec.setup.map(({ manifest }) => {
    const text = files[manifest];
    if (text === undefined) throw new SetupError(manifest, 'is missing');
    return setupObjects(manifest, text, values)
      .map((object) => stringify(object))
      .join('---\n');
  });
}

/** Whether the set-up, or what must hold after it, is another one for every draw. */
export function drawsSetup(spec: LabSpec, files: LabFiles): boolean {
  const texts = [
    ...spec.setup.map(({ manifest }) => files[manifest] ?? ''),
    JSON.stringify(spec.preconditions),
  ];
  const names = Object.keys(spec.params).filter((name) => spec.params[name]!.draw !== undefined);
  return names.some((name) =>
    texts.some(
      (text) => text.includes(`\${${name}}`) || new RegExp(`\\blab(\\.|\\[['"])${name}\\b`).test(text),
    ),
  );
}

function documentsOf(file: string, text: string): Json[] {
  const parts = parseAllDocuments(text, { uniqueKeys: true, version: '1.2', schema: 'core' });
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((document) => {
    // By the lab's own rules: no tags, anchors or aliases.
    const { source, problems } = parseYaml(file, document.toString());
    if (!source) throw new SetupError(file, problems[0]?.message ?? 'is no YAML');
    return source.value === null ? [] : [source.value as Json];
  });
}

function isManifest(object: JsonObject): boolean {
  const { apiVersion, kind, metadata } = object;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    metadata !== undefined &&
    isObject(metadata) &&
    typeof metadata['name'] === 'string'
  );
}
